#!/bin/bash
# Unpacks rdma-core's libibverbs of release 44, library and headers, under build/release-44, and
# prints where: LIBRARY INCLUDE. What it needs of others is beside it; nothing is installed. Fails,
# and says so, where they are not to be had: not on Debian 12, or no network.
set -u

cd "$(dirname "$0")/../.." || exit 1
place=$PWD/build/release-44
log=$place/log
mkdir -p "$place/apt/lists/partial" "$place/apt/cache/archives/partial"

found() {
    library=$(compgen -G "$place/usr/lib/*/libibverbs.so.1.*.44.*" | head -n 1)
    [ -n "$library" ] && [ -e "$place/usr/include/infiniband/verbs.h" ]
}

fetch() { # APT-OPTION...
    local version
    version=$(apt-cache "$@" madison libibverbs1 2>>"$log" | awk '$3 ~ /^44\./ { print $3; exit }')
    [ -n "$version" ] || return 1
    (cd "$place" && rm -f ./*.deb && timeout 300 apt-get -qq "$@" download \
        "libibverbs1=$version" "libibverbs-dev=$version" libnl-3-200 libnl-route-3-200) >>"$log" 2>&1
}

if ! found; then
    : >"$log"
    # The system's package lists serve if there are any; else a private copy is fetched.
    options=(-o "Dir::Cache=$place/apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=)
    if ! fetch "${options[@]}"; then
        options+=(-o "Dir::State=$place/apt" -o Dir::State::status=/var/lib/dpkg/status)
        timeout 300 apt-get -qq "${options[@]}" update >>"$log" 2>&1
        fetch "${options[@]}"
    fi
    for file in "$place"/*.deb; do
        dpkg -x "$file" "$place" >>"$log" 2>&1
    done
    rm -rf "$place"/*.deb "$place/apt"
fi
found || { echo "reference: release 44 cannot be had, see build/release-44/log" >&2; exit 1; }
echo "$library $place/usr/include"
