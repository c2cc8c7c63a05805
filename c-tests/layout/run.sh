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
headers=$(cd "$include/infiniband" && ls ./*.h | sed 's|^\./||; s|\.h$||')
done=0 skipped=0

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
	# Twice, because programs do.
	echo "#include <infiniband/$header.h>" >"$work/alone-$header.c"
	echo "#include <infiniband/$header.h>" >>"$work/alone-$header.c"
done

for pair in gcc:g++ clang:clang++; do
	c=${pair%:*} cxx=${pair#*:}
	if ! command -v "$c" >/dev/null; then
		echo "skip headers/$c: not installed"
		"$here/../skip-listed" "headers/$c: not installed"
		skipped=$((skipped + 1))
		continue
	fi
	for header in $headers; do
		for standard in c99 c11 c17 gnu99 gnu17; do
			try "$c" c "$standard" -fsyntax-only "$work/alone-$header.c"
		done
	done
	for standard in c99 c17; do
		try "$c" c "$standard" -fsyntax-only -DRDMA_STATIC_PROVIDERS=rxe,siw "$work/alone-verbs.c"
	done
	# What careful projects turn on besides.
	try "$c" c gnu11 -fsyntax-only -Wconversion -Wshadow -Wcast-qual -Wundef -Wstrict-prototypes \
		"$work/alone-verbs.c"
	# Any two, whichever comes first.
	for first in $headers; do
		for header in $headers; do
			echo "#include <infiniband/$first.h>" >"$work/pair.c"
			echo "#include <infiniband/$header.h>" >>"$work/pair.c"
			try "$c" c gnu11 -fsyntax-only "$work/pair.c"
		done
	done
	try "$c" c gnu11 -o "$work/layout" "$work/layout.c"
	"$work/layout"
	try "$c" c c11 -O2 -c -o "$work/prototypes.o" "$here/prototypes.c"
	for program in dispatch forward; do
		try "$c" c gnu11 -O2 -o "$work/$program" "$here/$program.c" -pthread
		"$work/$program" >"$work/$program.out"
		diff -u "$here/$program.expected" "$work/$program.out"
	done
	try "$c" c gnu11 -O2 -o "$work/command" "$here/command.c"
	"$work/command"
	if ! command -v "$cxx" >/dev/null; then
		echo "skip headers/$cxx: not installed"
		"$here/../skip-listed" "headers/$cxx: not installed"
		skipped=$((skipped + 1))
		continue
	fi
	for header in $headers; do
		for standard in c++11 c++14 c++17 c++20; do
			try "$cxx" c++ "$standard" -fsyntax-only "$work/alone-$header.c"
		done
	done
	for standard in c++11 c++20; do
		try "$cxx" c++ "$standard" -fsyntax-only -DRDMA_STATIC_PROVIDERS=none "$work/alone-verbs.c"
	done
	try "$cxx" c++ c++17 -fsyntax-only -Wconversion -Wshadow -Wcast-qual "$work/alone-verbs.c"
	# clang counts casts within extern "C", too.
	[ "$cxx" = clang++ ] ||
		try "$cxx" c++ c++17 -fsyntax-only -Wold-style-cast "$work/alone-verbs.c"
	try "$cxx" c++ c++17 -o "$work/layout" "$work/layout.c"
	"$work/layout"
	for standard in c++11 c++20; do
		try "$cxx" c++ "$standard" -O2 -c -o "$work/prototypes.o" "$here/prototypes.c"
	done
done
echo "headers in $include: $done compilations"
echo "$done passed, 0 failed, $skipped skipped"
