#!/bin/bash
# Gets one of Debian's kernels: fetch.sh SERIES, where SERIES is 6.1 or 6.12.
#
# The image and its headers are downloaded with apt-get, as root or not, and unpacked under
# build/kernel/SERIES: nothing is installed. A download is tried three times. Prints the directory.
# Called by run.
set -u

series=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$top/build/kernel
files=$work/files/$series
tree=$work/$series
log=$work/fetch-$series.log
mkdir -p "$files"
: >"$log"

[ -e "$tree/complete" ] && { echo "$tree"; exit 0; }

# Where apt looks: the system's package lists if they know the kernel, else lists of our own.
apt="-qq -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Dir::Cache=$work/apt/cache"
own="-o Dir::State=$work/apt -o Dir::State::status=/var/lib/dpkg/status"
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"

# The newest image of the series (not the unsigned, cloud and real-time ones, nor debug symbols), and
# what building a module for it takes.
packages() {
    local image version
    # shellcheck disable=SC2086  # a list of words
    image=$(apt-cache $apt pkgnames "linux-image-$series." 2>>"$log" |
        grep -xE "linux-image-${series//./\\.}\.[0-9]+(-[0-9]+|\+deb[0-9]+)-amd64" |
        sort -V | tail -n 1)
    version=${image#linux-image-}
    [ -n "$image" ] || { echo "no package for Linux $series is known" >>"$log"; return 1; }
    echo "$image linux-headers-$version"
    # shellcheck disable=SC2086
    apt-cache $apt depends "linux-headers-$version" 2>>"$log" |
        sed -nE 's/^ *Depends: (linux-(headers|kbuild)-[^ ]*)$/\1/p'
}

# All of them or none: one list of packages is of one version.
download() {
    local names
    names=$(packages) || return 1
    rm -f "$files"/*
    # shellcheck disable=SC2086
    (cd "$files" && timeout 300 apt-get $apt download $names) >>"$log" 2>&1 && touch "$files/all"
}

[ -e "$files/all" ] || for attempt in 1 2 3; do
    download && break
    echo "attempt $attempt failed" >>"$log"
    # The lists may be missing or out of date: then a name or a file is no longer there.
    case $apt in *Dir::State*) ;; *) apt="$apt $own" ;; esac
    # shellcheck disable=SC2086
    timeout 300 apt-get $apt update >>"$log" 2>&1
done
if [ ! -e "$files/all" ]; then
    echo "kernel-test: Linux $series could not be downloaded:" >&2
    tail -n 5 "$log" | sed 's/^/kernel-test: | /' >&2
    exit 1
fi

# What a guest without hardware never loads is left in the package.
rm -rf "$tree"
mkdir -p "$tree"
for deb in "$files"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --exclude='*/drivers/gpu' \
        --exclude='*/drivers/media' --exclude='*/kernel/sound' --exclude='*/drivers/staging' \
        --exclude='*/wireless' --exclude='*/kernel/drivers/scsi' --exclude='*/drivers/usb' \
        --exclude='./usr/share' >>"$log" 2>&1 || {
        echo "kernel-test: $deb does not unpack; it is removed" >&2
        rm -f "$files"/*
        exit 1
    }
done
# The headers name their other half by its place in an installed system; and with the kernel's type
# information at hand they want a program that has no use here.
sed -i "s#^include /usr/src/#include $tree/usr/src/#" "$tree"/usr/src/linux-headers-*-amd64/Makefile
rm -f "$tree"/usr/src/linux-headers-*-amd64/vmlinux
touch "$tree/complete"
echo "$tree"
