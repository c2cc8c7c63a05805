#!/bin/sh
# The misuse suite: each public function with NULL, wrong masks, wrong sizes, freed and foreign
# handles, one call in a process at a time, on rdma-core's library and on ours.
#
#   misuse.sh [--write] [--valgrind]
#
# differences.txt holds what differs between the two, measured, with a reason for each line;
# device.expected what comes of misusing the objects of the embedded device. Both have to be exactly
# what is measured; --write renews them, with a reason of "?" where one is missing, which is a
# failure until somebody has thought of one. No call may crash or hang ours, and no public name of
# the library or inline function of the header may be missing.
#
# BUILD, LIB, LIB_REF: as for c-tests/diff/run.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
ours=${LIB:-$build/lib}
work=$build/misuse
release=44.0
table=$here/../abi/symbols.tsv
header=$top/include/infiniband/verbs.h
write=no checker=
for option in "$@"; do
    case $option in
    --write) write=yes ;;
    --valgrind) checker="valgrind -q --error-exitcode=97 --vgdb=no --num-callers=30" ;;
    *) sed -n '2,15p' "$0"; exit 2 ;;
    esac
done

passed=0 failed=0 skipped=0
fail() { # fail WHAT [FILE OF DETAILS]
    failed=$((failed + 1))
    echo "failed: $1"
    [ -z "${2:-}" ] || head -n 40 "$2" | sed 's/^/    /'
}

mkdir -p "$work"
# The inline functions of the header that reach the library are called as they are written there.
if ! "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -I"$top/include" \
    -o "$work/misuse" "$here"/misuse/*.c -L"$ours" -libverbs -ldl -lpthread; then
    fail "the program is not built"
    echo "$passed passed, $failed failed, $skipped skipped"
    exit 1
fi

run_on() { # run_on DIRECTORY NIC MODE OUTPUT
    # The checker is a list of words.
    # shellcheck disable=SC2086
    VERBIUM_NIC=$2 LD_LIBRARY_PATH=$1 timeout -k 5 300 ${5:-} "$work/misuse" $3 \
        > "$4" 2> "$4.err" < /dev/null ||
        fail "the program itself ends badly ($4)" "$4.err"
}
unset VERBIUM_LINK VERBIUM_NAME VERBIUM_NETDEVS VERBS_LOG_LEVEL
run_on "$ours" off plain "$work/ours" "$checker"
run_on "$ours" on device "$work/device" "$checker"

# Whatever a program does where C is defined: it gets an answer.
grep -hE '\| ([^|]*, then )?(crash|hangs|exit status)|\| (absent|no [a-z_]* \(errno)' \
    "$work/ours" "$work/device" > "$work/bad"
bad=$(wc -l < "$work/bad")
[ "$bad" = 0 ] || fail "$bad calls crash, hang or are not there" "$work/bad"
# A case is known by its function and by what is wrong, so both lists can be compared.
cut -d'|' -f1,2 "$work/ours" | sort | uniq -d > "$work/twice"
cut -d'|' -f1,2 "$work/device" | sort | uniq -d >> "$work/twice"
[ ! -s "$work/twice" ] || fail "cases of one name" "$work/twice"
calls=$(cat "$work/ours" "$work/device" | wc -l)
passed=$((passed + calls - bad))

# No name is missing: public functions with each of their nodes, and inline functions.
awk -F'\t' '$4 == "func" && $2 !~ /PRIVATE|VERBIUM/ { print $1 "@" $2 }' "$table" |
    sort -u > "$work/public"
sed -n '/^static inline/,/{/p' "$header" | tr '\n' ' ' | sed 's/static inline/\n/g' |
    sed -n 's/^[^(]*[ *]\([a-z_0-9]*\)(.*/\1@header/p' | sort -u > "$work/inline"
sed 's/ |.*//' "$work/ours" "$work/device" | sort -u > "$work/misused"
# These only read or call what the object holds, and reach the library in no other way; or are
# there only in a program with providers in it, and call the function of the same name.
grep -vE '^__ibv_get_device_list@|^ibv_(wc_read_|wr_|start_poll|next_poll|end_poll|memcpy_|post_wq_recv|cq_ex_to_cq)' \
    "$work/inline" > "$work/reaching"
sort "$work/public" "$work/reaching" | comm -23 - "$work/misused" > "$work/missing"
missing=$(wc -l < "$work/missing")
[ "$missing" = 0 ] || fail "$missing functions are not misused" "$work/missing"
symbols=$(comm -12 "$work/public" "$work/misused" | wc -l)
inlines=$(comm -12 "$work/inline" "$work/misused" | wc -l)

# Compares a list with what was measured, or renews it.
held() { # held LIST MEASURED WHAT
    if [ "$write" = yes ]; then
        cp "$2" "$1"
    fi
    if diff "$1" "$2" > "$work/diff"; then
        passed=$((passed + 1))
    else
        fail "$3 is not what is measured (< listed, > measured; --write renews it)" "$work/diff"
    fi
}
held "$here/device.expected" "$work/device" device.expected

# The same calls on the other library: what differs, a line for each function and pair of outcomes.
differences() {
    awk -F' \\| ' '
        NR == FNR { reference[$1 " | " $2] = $3; next }
        {
            name = $1 " | " $2
            if (reference[name] == $3)
                next
            key = $1 " | " reference[name] " | " $3
            if (!(key in cases))
                order[++count] = key
            cases[key] = cases[key] (cases[key] == "" ? "" : "; ") $2
        }
        END {
            for (i = 1; i <= count; i++) {
                split(order[i], part, " \\| ")
                print part[1] " | " cases[order[i]] " | " part[2] " | " part[3]
            }
        }' "$work/reference" "$work/ours"
}

list=$here/differences.txt
if ! directory=$(sh "$here/../diff/reference.sh" "$build"); then
    skipped=$((skipped + 1))
    echo "skip misuse/reference: no library of rdma-core here and none to be had"
else
    file=$(readlink -f "$directory/libibverbs.so.1")
    version=${file##*.so.1.}
    if [ "${version#*.}" != "$release" ]; then
        skipped=$((skipped + 1))
        echo "skip misuse/reference: the reference is $version, the list was made with $release"
    else
        run_on "$directory" off plain "$work/reference"
        differences > "$work/measured"
        [ "$write" = no ] || {
            sed -n '/^#/p; /^$/p' "$list" > "$work/list"
            awk -F' \\| ' 'NR == FNR { if (NF == 5) why[$1 " | " $3 " | " $4] = $5; next }
                { key = $1 " | " $3 " | " $4; print $0 " | " (key in why ? why[key] : "?") }' \
                "$list" "$work/measured" >> "$work/list"
            cp "$work/list" "$list"
        }
        grep -v '^#' "$list" | grep . > "$work/listed"
        awk -F' \\| ' 'NF != 5 || $5 == "?" || $5 == ""' "$work/listed" > "$work/unreasoned"
        [ ! -s "$work/unreasoned" ] || fail "lines of differences.txt without a reason" "$work/unreasoned"
        awk -F' \\| ' '{ print $1 " | " $2 " | " $3 " | " $4 }' "$work/listed" > "$work/told"
        if diff "$work/told" "$work/measured" > "$work/diff"; then
            passed=$((passed + 1))
            echo "misuse: $(wc -l < "$work/measured") lines of differences, each with its reason"
        else
            fail "differences.txt is not what is measured (< listed, > measured; --write renews it)" \
                "$work/diff"
        fi
    fi
fi
echo "functions misused: $((symbols + inlines)) ($symbols exported, $inlines inline) by $calls calls"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
