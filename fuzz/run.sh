#!/bin/sh
# Builds and runs the fuzz targets, all of them or those named: run.sh [TARGET ...]
# FUZZ_SECONDS bounds each. A crash leaves its input in build/fuzz/TARGET-crash-… and fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
seconds=${FUZZ_SECONDS:-10}
[ $# -gt 0 ] || set -- netlink sysfs plugin
passed=0 failed=0

RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
    -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1"
RUSTFLAGS=$(echo "$RUSTFLAGS" | tr -s ' \n' ' ')
export RUSTFLAGS
# A target triple keeps build scripts free of the flags.
triple=$(rustc -vV | sed -n 's/^host: //p')
"${CARGO:-cargo}" build --quiet --release --target "$triple" --manifest-path "$here/Cargo.toml" \
    --target-dir "$top/build/fuzz/target" || {
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}
for target; do
    corpus=$top/build/fuzz/$target
    mkdir -p "$corpus"
    log=$top/build/fuzz/$target.log
    if timeout $((seconds * 3 + 60)) "$top/build/fuzz/target/$triple/release/$target" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$corpus-" "$corpus" "$here/seeds/$target" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        failed=$((failed + 1))
        echo "not ok $target"
        tail -n 40 "$log"
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
