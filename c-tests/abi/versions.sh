#!/bin/bash
# Looks up each name of the table by its version and without: every pair is there, the name without
# a version is the default's, and it is the same as in rdma-core's library where that has the pair.
# usage: versions.sh LIBRARY TABLE [REFERENCE]
set -u
here=$(dirname "$0")
library=$1 table=$2 reference=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

"${CC:-cc}" -O1 -Wall -Wextra -Werror -o "$work/versions" "$here/versions.c" -ldl || exit 1
tail -n +2 "$table" | cut -f 1,2 >"$work/pairs"

# A version node stands under its own name.
tail -n +2 "$table" | awk -F'\t' '{ print $1, $2, "found" ($3 == "@@" ? " default" : "") }' |
    sort >"$work/want"
"$work/versions" "$(realpath "$library")" <"$work/pairs" | sort >"$work/have"
passed=$(comm -12 "$work/want" "$work/have" | wc -l)
comm -13 "$work/want" "$work/have" >"$work/wrong"
sed 's/^/not ok abi\/versions: /' "$work/wrong"
failed=$(wc -l <"$work/wrong")

if [ -n "$reference" ]; then
    beside=$(dirname "$reference")
    LD_LIBRARY_PATH=$beside:${beside/\/usr\//\/} "$work/versions" "$reference" <"$work/pairs" |
        grep -v ' missing$' | sort >"$work/theirs"
    [ -s "$work/theirs" ] || { echo "not ok abi/versions: the reference does not load"; exit 1; }
    passed=$((passed + $(comm -12 "$work/theirs" "$work/have" | wc -l)))
    comm -23 "$work/theirs" "$work/have" | sed 's/^/not ok abi\/versions: in the reference: /'
    failed=$((failed + $(comm -23 "$work/theirs" "$work/have" | wc -l)))
    echo "versions: $(wc -l <"$work/have") symbols by name and version, $(wc -l <"$work/theirs") of them in both"
else
    echo "skip abi/versions: no library and headers of release 44 to be had"
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
