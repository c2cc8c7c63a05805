#!/bin/sh
# Prints a directory in which libibverbs.so.1 is rdma-core's library, and nothing else is.
# usage: reference.sh BUILD_DIRECTORY
#
# LIB_REF names the directory the library is taken from. Else release 44 is taken if
# c-tests/abi/reference.sh has unpacked it, or what the system or build/deb has; a copy of ours,
# which may have been installed in the system's place, is passed over. If none is left, release 44
# is unpacked.
set -u
build=$1
found=

# Ours has a version node that rdma-core's does not have.
is_reference() {
    [ -r "$1" ] && grep -q IBVERBS_PRIVATE "$1" && ! grep -q VERBIUM_1 "$1"
}

look_in() {
    for directory in "$@"; do
        if [ -z "$found" ] && is_reference "$directory/libibverbs.so.1"; then
            found=$(readlink -f "$directory/libibverbs.so.1")
        fi
    done
}

if [ -n "${LIB_REF:-}" ]; then
    look_in "$LIB_REF"
else
    look_in "$build"/release-44/usr/lib/*-linux-gnu*
    look_in /usr/lib/*-linux-gnu* /usr/lib64 /usr/lib /lib/*-linux-gnu* /lib64 \
        "$build"/deb/usr/lib/*-linux-gnu*
    if [ -z "$found" ] && command -v bash > /dev/null; then
        bash "$(dirname "$0")/../abi/reference.sh" > /dev/null 2>&1
        look_in "$build"/release-44/usr/lib/*-linux-gnu*
    fi
fi
[ -n "$found" ] || exit 1

# A directory with this one library, so that nothing else comes along with it.
rm -rf "$build/reference/lib"
mkdir -p "$build/reference/lib" || exit 1
ln -s "$found" "$build/reference/lib/libibverbs.so.1"
# Unpacked libraries need what was unpacked with them.
case $found in
"$build"/* | "$(cd "$build" && pwd)"/*)
    for library in "$(dirname "$found")"/libnl-*.so.*; do
        [ -e "$library" ] && ln -sf "$library" "$build/reference/lib/"
    done
    ;;
esac
echo "$build/reference/lib"
