#!/bin/sh
# All checks of what the library is from the outside, with one sum at the end.
# usage: run.sh LIBRARY TABLE
set -u
here=$(dirname "$0")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for check in "$here/symbols.sh $1 $2" "$here/load.sh $(dirname "$1")" \
    "$here/../diff/run.sh"; do
    # The words of a check are a script and its arguments, none with blanks of its own.
    # shellcheck disable=SC2086
    sh $check > "$log.part" 2>&1 || status=1
    cat "$log.part"
    tail -n 1 "$log.part" >> "$log"
    rm -f "$log.part"
done
awk '{ passed += $1; failed += $3; skipped += $5 }
    END { print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped" }' "$log"
exit "$status"
