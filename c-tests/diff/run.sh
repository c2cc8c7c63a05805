#!/bin/sh
# Runs C programs on rdma-core's library and on ours and compares what they print and their exit
# status.
#
#   run.sh [--subset] [PROGRAM ...] [-- ARGUMENT ...]
#
# PROGRAM is the name of a source in c-tests/diff (all of them if none is named), of a built test in
# build/c-tests, or a path; it is built once, against our headers, and runs unchanged on both.
# Lines that begin with # are remarks and are not compared; `== NAME` begins a section, and sections
# are what is counted. A line that only one library prints has to be in differences.txt, with its
# reason; and a line of that list that no longer occurs is a failure as well, unless only some
# programs run or --subset says that this machine cannot show them all.
#
# BUILD: where things are built (build); LIB: the directory of our library (build/lib); LIB_REF: the
# directory of the reference; DIFF_NIC: what VERBIUM_NIC is for ours (off: no device on either side).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
ours=${LIB:-$build/lib}
nic=${DIFF_NIC:-off}
list=$here/differences.txt
# The release of rdma-core that the list of differences was made with.
release=44

subset=no programs=
while [ $# -gt 0 ]; do
    case $1 in
    --subset) subset=yes ;;
    --) shift; break ;;
    -*) sed -n '2,19p' "$0"; exit 2 ;;
    *) programs="$programs $1" subset=yes ;;
    esac
    shift
done
if [ -z "$programs" ]; then
    for source in "$here"/*.c; do programs="$programs $(basename "$source" .c)"; done
fi

passed=0 failed=0 skipped=0 values=0
finish() {
    echo "diff: $values values compared"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

# A skip has to be one of those in c-tests/skips.txt.
skip() { # skip NAME REASON
    while IFS='|' read -r name reason; do
        case $name in '' | '#'*) continue ;; esac
        name=${name%"${name##*[! ]}"} reason=${reason#"${reason%%[! ]*}"}
        # Both are patterns of the shell.
        # shellcheck disable=SC2254
        case "diff/$1: $2" in
        $name": "$reason)
            skipped=$((skipped + 1))
            echo "skip diff/$1: $2"
            return
            ;;
        esac
    done < "$here/../skips.txt"
    failed=$((failed + 1))
    echo "not listed in skips.txt: diff/$1: $2"
}

if ! reference=$(sh "$here/reference.sh" "$build"); then
    skip reference "no library of rdma-core here and none to be had"
    finish
fi
file=$(readlink -f "$reference/libibverbs.so.1")
version=${file##*.so.1.}
echo "reference: $file"
work=$build/diff
mkdir -p "$work"
: > "$work/used"

# The program to run, built if it is one of ours and out of date.
program_of() {
    case $1 in
    */*) echo "$1"; return ;;
    esac
    if [ ! -e "$here/$1.c" ]; then
        echo "$build/c-tests/$1"
        return
    fi
    if [ ! -x "$work/$1" ] || [ "$here/$1.c" -nt "$work/$1" ] || [ "$here/diff.h" -nt "$work/$1" ]; then
        "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -I"$top/include" \
            -o "$work/$1" "$here/$1.c" -L"$ours" -libverbs -Wl,-z,now -ldl -lpthread >&2 || return 1
    fi
    echo "$work/$1"
}

# Runs a program on the library of a directory; each line gets the name of its section in front.
run_on() { # run_on DIRECTORY PROGRAM OUTPUT [ARGUMENT ...]
    library=$1 program=$2 output=$3
    shift 3
    VERBIUM_NIC=$nic LD_LIBRARY_PATH=$library timeout -k 5 120 "$program" "$@" \
        > "$output.raw" 2> "$output.err" < /dev/null
    printf '\nexit status %s\n' $? >> "$output.raw"
    awk -v section="$(basename "$program")" '
        /^== / { section = substr($0, 4); next }
        /^#/ || /^$/ || /^[0-9]+ passed, / { next }
        { print section ": " $0 }' "$output.raw" > "$output"
}

# Is this difference, "- SECTION: LINE" or "+ SECTION: LINE", listed for the program?
listed() { # listed PROGRAM DIFFERENCE
    while IFS='|' read -r name pattern reason; do
        case $name in '' | '#'*) continue ;; esac
        name=${name%"${name##*[! ]}"}
        pattern=${pattern#"${pattern%%[! ]*}"}
        pattern=${pattern%"${pattern##*[! ]}"}
        [ "$name" = "$1" ] && [ -n "$reason" ] || continue
        # The pattern is one of the shell's.
        # shellcheck disable=SC2254
        case $2 in
        $pattern)
            echo "$name|$pattern" >> "$work/used"
            return 0
            ;;
        esac
    done < "$list"
    return 1
}

for name in $programs; do
    if ! program=$(program_of "$name") || [ ! -x "$program" ]; then
        echo "failed $name: not built"
        failed=$((failed + 1))
        continue
    fi
    base=$(basename "$program")
    want=$work/$base.reference have=$work/$base.ours
    run_on "$reference" "$program" "$want" "$@"
    # The loader says so before main begins.
    missing=$(sed -n "s/.*version .\(IBVERBS_[0-9.]*\)' not found.*/\1/p" "$want.err" | head -n 1)
    if [ -n "$missing" ]; then
        skip "$base" "the reference has no $missing"
        continue
    fi
    if grep -q 'no device .* among\|ibv_get_device_list: errno' "$want.raw"; then
        skip "$base" "the reference has no device here"
        continue
    fi
    run_on "$ours" "$program" "$have" "$@"
    diff "$want" "$have" | sed -n 's/^< /- /p; s/^> /+ /p' > "$work/$base.diff"
    : > "$work/$base.unlisted"
    while read -r line; do
        listed "$base" "$line" || echo "$line" >> "$work/$base.unlisted"
    done < "$work/$base.diff"
    sections=$(sed 's/: .*//' "$want" "$have" | sort -u | wc -l)
    wrong=$(sed 's/^. //; s/: .*//' "$work/$base.unlisted" | sort -u | wc -l)
    if [ "$wrong" != 0 ] && [ "${version#*.}" != "$release.0" ]; then
        sed 's/^/    /' "$work/$base.unlisted" | head -n 40
        skip "$base" "the reference is $version, the list of differences was made with $release.0"
        continue
    fi
    passed=$((passed + sections - wrong)) failed=$((failed + wrong))
    values=$((values + $(sed -n 's/^# \([0-9]*\) values$/\1/p' "$have.raw" | awk '{ n += $1 } END { print n + 0 }')))
    [ "$wrong" = 0 ] || echo "failed $base: lines of one library only (- reference, + ours):"
    sed 's/^/    /' "$work/$base.unlisted" | head -n 40
    differing=$(wc -l < "$work/$base.diff")
    echo "$base: $sections sections, $differing lines differ, $(wc -l < "$work/$base.unlisted") of them not as listed"
done

if [ $subset = no ] && [ "${version#*.}" = "$release.0" ]; then
    while IFS='|' read -r name pattern reason; do
        case $name in '' | '#'*) continue ;; esac
        name=${name%"${name##*[! ]}"}
        pattern=${pattern#"${pattern%%[! ]*}"}
        pattern=${pattern%"${pattern##*[! ]}"}
        if ! grep -qxF "$name|$pattern" "$work/used"; then
            echo "failed: differences.txt has a line for what does not differ: $name | $pattern"
            failed=$((failed + 1))
        fi
    done < "$list"
fi
finish
