#!/bin/sh
# Where the kernel has a device, ranges are kept from children: the program forks prints the same on
# rdma-core's library and on ours, section by section, in a mount namespace whose /dev has the node
# of a device. (Without one, what run.sh compares, ours has nothing to keep.)
#
# Section of-nothing is left out: where rdma-core is refused a part of a range, it leaves some pages
# marked and counted, and ours leaves none.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
work=$build/diff

done_with() {
    echo "$1 passed, $2 failed, $3 skipped"
    [ "$2" = 0 ]
    exit
}

if [ "${1:-}" = inside ]; then
    # /dev as before, but for the directory of devices.
    mount -t tmpfs none /mnt && mkdir /mnt/infiniband && : > /mnt/infiniband/uverbs0 || exit 1
    for node in null zero urandom; do
        : > /mnt/$node && mount --bind /dev/$node /mnt/$node || exit 1
    done
    mount --rbind /mnt /dev || exit 1
    for library in "$2" "$3"; do
        VERBIUM_NIC=off LD_LIBRARY_PATH=$library timeout -k 5 60 "$work/forks" |
            sed '/^== of-nothing/,/^# /d; /^#/d' > "$work/kept.$(basename "$library")"
    done
    exit 0
fi

if ! reference=$(sh "$here/reference.sh" "$build"); then
    echo "skip abi/kept: no library of rdma-core here and none to be had"
    done_with 0 0 1
fi
mkdir -p "$work/libs"
ln -sfn "$reference" "$work/libs/theirs"
ln -sfn "${LIB:-$build/lib}" "$work/libs/ours"
if ! unshare -rm true 2> /dev/null; then
    echo "skip abi/kept: no mount namespace may be made here"
    done_with 0 0 1
fi
sh "$here/run.sh" forks > /dev/null
if ! unshare -rm sh "$0" inside "$work/libs/theirs" "$work/libs/ours"; then
    echo "the namespace could not be set up"
    done_with 0 1 0
fi
sections=$(grep -c '^== ' "$work/kept.theirs")
kept=$(grep -c '^pages .*c' "$work/kept.ours")
differing=$(diff "$work/kept.theirs" "$work/kept.ours" | tee "$work/kept.diff" | grep -c '^[<>]')
sed 's/^/    /' "$work/kept.diff" | head -n 20
echo "kept: $sections sections, pages kept in $kept of the states shown, $differing lines differ"
[ "$sections" -ge 11 ] && [ "$kept" -ge 20 ] && [ "$differing" = 0 ] && done_with "$sections" 0 0
done_with 0 1 0
