#!/bin/bash
# abidiff's opinion of the exported names: none of rdma-core's is gone or changed, and what we have
# besides is in the table. (Types are compared by the programs of c-tests/layout.)
# usage: abidiff.sh LIBRARY TABLE [REFERENCE]
set -u
library=$1 table=$2 reference=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "skip abi/abidiff: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
[ -n "$reference" ] || skip "no library and headers of release 44 to be had"
command -v abidiff >/dev/null || skip "not installed"

passed=0 failed=0
abidiff "$reference" "$library" >"$work/report" 2>"$work/errors"
status=$?
# Bit 0: abidiff failed; bit 1: it was called wrongly; bit 2: something differs.
if [ $((status & 3)) != 0 ]; then
    cat "$work/errors"
    echo "not ok abi/abidiff: exit status $status"
    exit 1
fi
summaries=$(grep -c 'summary: 0 Removed' "$work/report")
if [ "$summaries" = 4 ] || [ $status = 0 ]; then
    passed=$((passed + 4))
else
    grep -E '^ *\[D\]|^ *\[C\]|summary:' "$work/report"
    failed=$((failed + 1))
fi
if grep -q 'SONAME changed\|architecture changed' "$work/report"; then
    grep 'changed' "$work/report"
    failed=$((failed + 1))
fi
awk -F'\t' 'NR > 1 { print $1 $3 $2 }' "$table" | sort >"$work/table"
sed -n "s/^ *\[A\] '\{0,1\}\([^' {]*@[^' {]*\).*/\1/p" "$work/report" | sort >"$work/added"
while read -r name; do
    if grep -qxF "$name" "$work/table"; then
        passed=$((passed + 1))
    else
        echo "not ok abi/abidiff: $name is neither rdma-core's nor in the table"
        failed=$((failed + 1))
    fi
done <"$work/added"
# Every pair abidiff speaks of has been judged.
claimed=$(sed -n 's/.*summary:.*[ ,]\([0-9]*\) Added.*/\1/p' "$work/report" | awk '{ n += $1 } END { print n + 0 }')
if [ "$claimed" != "$(wc -l <"$work/added")" ]; then
    echo "not ok abi/abidiff: $claimed names added, $(wc -l <"$work/added") understood"
    failed=$((failed + 1))
fi
echo "abidiff: none removed, $claimed added"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
