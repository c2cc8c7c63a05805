#!/bin/sh
# The public headers, found in the directory given: each alone, in C and C++, without a warning;
# all together against the measured layout; every function of the type it should have; and what
# the inline functions do.
#
#   sh c-tests/layout/run.sh include
set -eu

include=${1:?directory with infiniband/}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-Wall -Wextra -Werror -I$include"
headers="arch ib_user_ioctl_verbs opcode sa-kern-abi sa tm_types verbs verbs_api"
done=0

# try COMPILER LANGUAGE STANDARD FILE...
try() {
	compiler=$1 language=$2 standard=$3
	shift 3
	# shellcheck disable=SC2086
	"$compiler" -x "$language" "-std=$standard" $flags "$@"
	done=$((done + 1))
}

python3 "$here/asserts.py" c >"$work/layout.c"
for header in $headers; do
	echo "#include <infiniband/$header.h>" >"$work/alone-$header.c"
done

for pair in gcc:g++ clang:clang++; do
	c=${pair%:*} cxx=${pair#*:}
	command -v "$c" >/dev/null || continue
	for header in $headers; do
		try "$c" c c11 -fsyntax-only "$work/alone-$header.c"
		try "$c" c gnu17 -fsyntax-only "$work/alone-$header.c"
	done
	try "$c" c gnu11 -o "$work/layout" "$work/layout.c"
	"$work/layout"
	try "$c" c c11 -O2 -c -o "$work/prototypes.o" "$here/prototypes.c"
	try "$c" c gnu11 -O2 -o "$work/dispatch" "$here/dispatch.c" -pthread
	"$work/dispatch" >"$work/dispatch.out"
	diff -u "$here/dispatch.expected" "$work/dispatch.out"
	command -v "$cxx" >/dev/null || continue
	for header in $headers; do
		try "$cxx" c++ c++17 -fsyntax-only "$work/alone-$header.c"
	done
	try "$cxx" c++ c++17 -o "$work/layout" "$work/layout.c"
	"$work/layout"
	try "$cxx" c++ c++17 -O2 -c -o "$work/prototypes.o" "$here/prototypes.c"
done
echo "headers in $include: $done compilations"
