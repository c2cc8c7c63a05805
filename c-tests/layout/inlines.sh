#!/bin/sh
# What the inline functions do, with rdma-core's headers and with ours: dispatch.c and forward.c are
# built with each and print the same; with functions that the older headers lack, what is expected.
# No inline function is left out.
# usage: inlines.sh REFERENCE OURS      directories with infiniband/ in them
set -u
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 calls=0
for program in dispatch forward; do
    build() { # build INCLUDE RELEASE OUTPUT
        "${CC:-cc}" -std=gnu11 -O2 -w "-I$1" "-DRELEASE=$2" -o "$work/program" \
            "$here/$program.c" -pthread && "$work/program" >"$work/$3"
    }
    build "$1" 44 reference && build "$2" 44 ours && build "$2" 65 whole || exit 1
    diff -u "$work/reference" "$work/ours" || failed=$((failed + 1))
    diff -u "$here/$program.expected" "$work/whole" || failed=$((failed + 1))
    calls=$((calls + $(grep -c '^[a-z_].*(' "$work/whole")))
    cat "$work/whole" >>"$work/all"
done
# Macros of the same name stand in front of some.
for name in $(awk -F'\t' '$1 == "inline" { print $2 }' "$here/names-65.tsv"); do
    if grep -q "^$name(\|[( ]$name(" "$work/all"; then
        calls=$((calls + 1))
    else
        echo "not ok abi/inlines: nothing calls $name"
        failed=$((failed + 1))
    fi
done
echo "inlines: $(awk '$1 == "inline"' "$here/names-65.tsv" | wc -l) functions, $calls calls and names"
echo "$((calls - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
