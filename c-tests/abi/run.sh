#!/bin/bash
# What the library and its headers are from the outside, compared with rdma-core's, check by check,
# with one sum at the end. A skip has to be one of those in c-tests/skips.txt.
# usage: run.sh LIBRARY TABLE [CHECK...]
set -u
cd "$(dirname "$0")/../.." || exit 1
here=c-tests/abi
library=$1 table=$2
shift 2
if [ -d build/deb ]; then export PATH=$PWD/build/deb/wrapped:$PATH:$PWD/build/deb/usr/bin; fi

# Release 44 is what Debian 12 has. Checks that need it say so themselves.
read -r reference include < <($here/reference.sh)

checks="symbols versions abidiff headers inlines load archive providers programs kept misuse extensions replace aarch64"
symbols() { sh $here/symbols.sh "$library" "$table"; }
versions() { $here/versions.sh "$library" "$table" "$reference"; }
abidiff() { $here/abidiff.sh "$library" "$table" "$reference"; }
headers() {
    needs_reference headers || return 0
    python3 c-tests/layout/compare.py "$include" include
}
inlines() {
    needs_reference inlines || return 0
    sh c-tests/layout/inlines.sh "$include" include
}
load() { sh $here/load.sh "$(dirname "$library")"; }
archive() { $here/archive.sh "$(dirname "$library")/libibverbs.a" "$table"; }
providers() {
    needs_reference providers || return 0
    $here/providers.sh "$(dirname "$library")/libibverbs.a" "$table" "$reference"
}
programs() { sh c-tests/diff/run.sh; }
kept() { sh c-tests/diff/forks.sh; }
misuse() { sh c-tests/null/misuse.sh; }
extensions() {
    make --no-print-directory c-tests-programs || return 1
    c-tests/run vendor
}
replace() { c-tests/replace/replace.sh; }
aarch64() { $here/aarch64.sh "$table"; }

needs_reference() {
    [ -n "$reference" ] && return 0
    echo "skip abi/$1: no library and headers of release 44 to be had"
    echo "0 passed, 0 failed, 1 skipped"
    return 1
}

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for check in ${*:-$checks}; do
    began=$SECONDS
    "$check" >"$log" 2>&1
    status=$?
    grep -Ev '^([a-z0-9-]+: )?[0-9]+ passed, ' "$log"
    counts=$(grep -Eo '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
    read -r ok _ bad _ left _ <<<"${counts:-0 passed, 0 failed, 0 skipped}"
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        echo "not ok abi/$check: exit status $status"
        bad=1
    elif [ $((ok + bad + left)) = 0 ]; then
        echo "not ok abi/$check: it counted nothing"
        bad=1
    fi
    while read -r line; do
        c-tests/skip-listed "${line#skip }" && continue
        echo "not listed in skips.txt: $line"
        bad=$((bad + 1))
    done < <(grep '^skip ' "$log")
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    echo "abi/$check: $ok passed, $bad failed, $left skipped in $((SECONDS - began)) s"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
