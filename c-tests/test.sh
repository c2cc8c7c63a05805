#!/bin/bash
# Everything `make test` runs, part by part, with the minutes of each and one sum at the end.
#
#   c-tests/test.sh [PART...]      all of them, or those named
#
# TEST_MINUTES bounds the whole; what is left of it bounds each part, besides the part's own limit.
# Each part is a command whose last line counts: "N passed, N failed, N skipped". A part that ends
# well but counts nothing has tested nothing, and is a failure. A part is bounded in time; a
# failed one does not keep the next from running. What a part printed is in build/test/PART.log.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
mkdir -p build/test
# Programs that setup.sh had to unpack under build/ because nothing may be installed here.
if [ -d build/deb ]; then
    export PATH=$top/build/deb/wrapped:$PATH:$top/build/deb/usr/bin:$top/build/deb/usr/sbin
    [ -d build/deb/usr/libexec/valgrind ] && export VALGRIND_LIB=$top/build/deb/usr/libexec/valgrind
fi

# PART | minutes it may take | command
parts="
unit      | 25 | unit
headers   | 15 | headers
symbols   | 15 | make --no-print-directory abi
install   | 5  | c-tests/demo/install.sh
fuzz      | 8  | make --no-print-directory fuzz
c-tests   | 25 | make --no-print-directory c-tests
providers | 5  | make --no-print-directory provider
demo      | 10 | make --no-print-directory demo-all
downstream | 20 | make --no-print-directory downstream
valgrind  | 30 | make --no-print-directory c-tests-valgrind
misuse    | 10 | make --no-print-directory misuse-valgrind
kernel    | 28 | make --no-print-directory kernel-test
"

# cargo prints one result line for each test program; they are summed into one.
unit() {
    local status
    cargo test 2>&1 | tee build/test/cargo.log
    status=${PIPESTATUS[0]}
    awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
        END { printf "unit: %d passed, %d failed, %d skipped\n", passed, failed, skipped }' \
        build/test/cargo.log
    return "$status"
}

# The committed headers are those that would be generated; then each is compiled in many ways.
headers() {
    local passed=0 failed=0 skipped=0 compiled
    if make --no-print-directory check-headers; then passed=1; else failed=1; fi
    if make --no-print-directory test-headers 2>&1 | tee build/test/compiled.log &&
        [ "${PIPESTATUS[0]}" = 0 ]; then
        compiled=$(sed -n 's/.*: \([0-9]*\) compilations$/\1/p' build/test/compiled.log)
        passed=$((passed + ${compiled:-0}))
        skipped=$(grep -c '^skip ' build/test/compiled.log)
    else
        failed=$((failed + 1))
    fi
    echo "headers: $passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}
export -f unit headers

minutes() { awk "BEGIN { printf \"%.1f\", $1 / 60 }"; }

passed=0 failed=0 skipped=0 broken= summary=
while IFS='|' read -r name limit command; do
    name=${name// /} limit=${limit// /}
    [ -n "$name" ] || continue
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    echo "== $name:$command"
    began=$SECONDS
    allowed=$((limit * 60)) left=$((${TEST_MINUTES:-600} * 60 - SECONDS))
    [ $allowed -le $left ] || allowed=$((left > 1 ? left : 1))
    timeout -k 10 $allowed bash -c "$command" </dev/null 2>&1 | tee "build/test/$name.log"
    status=${PIPESTATUS[0]}
    took=$(minutes $((SECONDS - began)))
    counts=$(grep -E '^([a-z-]+: )?[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' \
        "build/test/$name.log" | tail -n 1)
    if [[ $counts =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
        ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]} left=${BASH_REMATCH[4]:-0}
    else
        ok=0 bad=0 left=0
    fi
    said="$ok passed, $bad failed, $left skipped"
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        said="$said; no end within $(minutes $allowed) minutes"
    elif [ "$status" != 0 ]; then
        said="$said; exit status $status"
    elif [ $((ok + bad + left)) = 0 ]; then
        said="it counted nothing" status=1
    fi
    if [ "$status" != 0 ] || [ "$bad" != 0 ]; then
        broken="$broken $name"
        [ "$bad" != 0 ] || bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    summary+=$(printf '%-10s %5s min  %s' "$name" "$took" "$said")$'\n'
    echo "== $name took $took minutes"
    echo
done <<<"$parts"

printf '%s' "$summary"
echo "$(minutes $SECONDS) minutes in all"
[ -n "$broken" ] && echo "failed parts:$broken"
echo "$passed passed, $failed failed, $skipped skipped"
[ -z "$broken" ] && [ $passed != 0 ]
