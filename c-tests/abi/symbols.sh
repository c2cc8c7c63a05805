#!/bin/sh
# Compares what a library exports with the table of names, versions and kinds.
# usage: symbols.sh LIBRARY TABLE
set -eu
library=$1
table=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# objdump prints a non-default version in parentheses, and a version node as an absolute object.
objdump -T "$library" | awk '
    $1 ~ /^[0-9a-f]+$/ && !/\*UND\*/ {
        name = $NF; version = $(NF - 1); binding = "@@"
        if (version ~ /^\(/) { binding = "@"; gsub(/[()]/, "", version) }
        kind = "object"
        if ($0 ~ / DF /) kind = "func"
        if ($0 ~ /\*ABS\*/) kind = "node"
        print name "\t" version "\t" binding "\t" kind
    }' | sort > "$work/have"
tail -n +2 "$table" | sort > "$work/want"

passed=$(comm -12 "$work/have" "$work/want" | wc -l)
comm -13 "$work/have" "$work/want" | sed 's/^/missing: /' > "$work/wrong"
comm -23 "$work/have" "$work/want" | sed 's/^/unexpected: /' >> "$work/wrong"
failed=$(wc -l < "$work/wrong")
cat "$work/wrong"

version=$(objdump -T "$library" | grep -o 'GLIBC_2\.[0-9]*' | sort -t. -k2 -n -u | tail -1)
newest=${version#GLIBC_2.}
if [ "${newest:-0}" -gt 31 ]; then
    echo "too new: $version (at most GLIBC_2.31)"
    objdump -T "$library" | grep -E 'GLIBC_2\.(3[2-9]|[4-9][0-9])' || true
    failed=$((failed + 1))
else
    passed=$((passed + 1))
fi
# Every name carries a version: an unversioned one would be found before the real one.
if objdump -T "$library" | grep -v '\*UND\*' | grep -q ' Base '; then
    echo "a name stands in the base version"
    failed=$((failed + 1))
else
    passed=$((passed + 1))
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
