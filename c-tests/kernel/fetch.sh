#!/bin/bash
# Gets one of Debian's kernels: fetch.sh SERIES, where SERIES is 6.1 or 6.12.
#
# The package is downloaded with apt-get, as root or not, and unpacked under build/kernel/SERIES:
# nothing is installed. Each download is tried three times. Prints the directory. Called by run.
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

# The newest image of the series: not the unsigned, cloud and real-time ones, nor debug symbols.
newest() {
    # shellcheck disable=SC2086  # a list of words
    apt-cache $apt pkgnames "linux-image-$series." 2>>"$log" |
        grep -xE "linux-image-${series//./\\.}\.[0-9]+(-[0-9]+|\+deb[0-9]+)-amd64" |
        sort -V | tail -n 1
}

download() {
    local package
    package=$(newest)
    [ -n "$package" ] || { echo "no package for Linux $series is known" >>"$log"; return 1; }
    # shellcheck disable=SC2086
    (cd "$files" && rm -f ./*.deb && timeout 300 apt-get $apt download "$package") >>"$log" 2>&1
    ls "$files"/*.deb >/dev/null 2>&1
}

ls "$files"/*.deb >/dev/null 2>&1 || for attempt in 1 2 3; do
    download && break
    echo "attempt $attempt failed" >>"$log"
    # The lists may be missing or out of date: then a name or a file is no longer there.
    case $apt in *Dir::State*) ;; *) apt="$apt $own" ;; esac
    # shellcheck disable=SC2086
    timeout 300 apt-get $apt update >>"$log" 2>&1
done

deb=$(ls "$files"/*.deb 2>/dev/null | head -n 1)
if [ -z "$deb" ]; then
    echo "kernel-test: Linux $series could not be downloaded:" >&2
    tail -n 5 "$log" | sed 's/^/kernel-test: | /' >&2
    exit 1
fi

# What a guest without hardware never loads is left in the package.
rm -rf "$tree"
mkdir -p "$tree"
dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --exclude='*/drivers/gpu' \
    --exclude='*/drivers/media' --exclude='*/sound' --exclude='*/drivers/staging' \
    --exclude='*/wireless' --exclude='*/drivers/scsi' --exclude='*/drivers/usb' \
    --exclude='./usr/share' >>"$log" 2>&1 || {
    echo "kernel-test: $deb does not unpack; it is removed" >&2
    rm -f "$deb"
    exit 1
}
touch "$tree/complete"
echo "$tree"
