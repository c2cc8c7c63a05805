#!/bin/bash
# Builds programs that others wrote against our headers and library, and runs them.
#
#   run.sh [PROJECT...]      all of them, or those named: selftest perftest rdma-core ucx libfabric rust
#
# Called by `make downstream`. Their sources are those of sources.txt, in Debian's copies; other
# libraries that they need come from Debian's packages, unpacked under build/downstream without
# their infiniband/ headers; the compiler's own lists then prove that no infiniband/ header but
# ours was read. Sources and builds are kept under build/downstream and used again as long as
# their sums, our headers and these scripts are the same. Nothing outside of build/ is written.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/c-tests/downstream
work=$top/build/downstream
ours=$work/ours        # where `make install` puts our library and headers
dev=$work/dev          # other libraries
files=$work/files      # what was downloaded
logs=$work/logs
device=${DOWNSTREAM_DEVICE:-verbium0}
extra_libs=
multiarch=$("${CC:-gcc}" -print-multiarch)
unset LD_LIBRARY_PATH LD_PRELOAD MAKEFLAGS MFLAGS VERBIUM_LINK VERBIUM_NIC VERBIUM_NAME VERBIUM_NETDEVS
cd "$top" || exit 1
rm -rf "$ours"
mkdir -p "$ours" "$dev" "$files" "$logs"

. "$here/apt.sh"
. "$here/steps.sh"
. "$here/programs.sh"
. "$here/libraries.sh"
. "$here/crates.sh"

# What the projects need besides us: rdma_cm, umad, and what those and the projects build with.
packages="librdmacm-dev librdmacm1 libibumad-dev libibumad3 libpci-dev libpci3 libnl-3-dev
    libnl-3-200 libnl-route-3-dev libnl-route-3-200"

wanted() { [ -z "$only" ] || [[ " $only " == *" $1 "* ]]; }
only=$*

install_ours() {
    make --no-print-directory install PREFIX="$ours" LIBDIR="$ours/lib" INCLUDEDIR="$ours/include"
}

# --- sources ---------------------------------------------------------------------------------

# `each_source COMMAND`: calls it with project, version, file, sum, releases, requirement.
each_source() {
    local project version file sum releases requirement
    while IFS='|' read -r project version file sum releases requirement; do
        project=${project// /}
        case $project in '' | '#'*) continue ;; esac
        wanted "$project" || continue
        "$1" "$project" "${version// /}" "${file// /}" "${sum// /}" "$releases" \
            "${requirement// /}" </dev/null
    done <"$here/sources.txt"
}

note_missing() {  # for each_source
    has_sum "$files/$3" "$4" || missing_releases="$missing_releases $5"
}

fetch_missing() {  # for each_source
    has_sum "$files/$3" "$4" || fetch_source "$1" "$3" "$4" "$5" "$files/$3" ||
        echo "no archive here serves $3"
}

# Downloads what is not there yet. Failures show when what is absent is needed.
fetch() {
    local missing_releases= updated=no wanted_packages
    # shellcheck disable=SC2086  # a list of words
    wanted_packages=$(echo $packages)
    each_source note_missing
    # shellcheck disable=SC2086
    missing_releases=$(printf '%s\n' $missing_releases | sort -u)
    if [ -n "$missing_releases" ]; then
        # shellcheck disable=SC2086
        apt_update $missing_releases
        updated=yes
        each_source fetch_missing
    fi
    if [ "$(cat "$dev.key" 2>/dev/null)" != "$wanted_packages" ]; then
        [ $updated = yes ] || apt_update
        rm -rf "$dev" "$dev.key"
        # shellcheck disable=SC2086
        if fetch_packages "$dev" $packages; then
            echo "$wanted_packages" >"$dev.key"
        else
            tail -n 3 "$apt/download.log"
        fi
    fi
}

# --- the projects ----------------------------------------------------------------------------

project() {  # for each_source
    local name=$1-$2 kind=$1 began=$SECONDS
    source_file=$files/$3
    if ! has_sum "$source_file" "$4"; then
        if [ "$6" = required ]; then
            not_ok "$name/source" "$3 is served by no release of:$5"
        else
            skip "$name/source" "no release serves it"
        fi
        return
    fi
    ok "$name/source"
    [ "$kind" = rdma-core ] && kind=examples
    # Made with autotools, from files that are in no release.
    if [ "$kind" = ucx ] || [ "$kind" = libfabric ]; then
        # Unpacked under build/deb they are there, but find nothing of their own.
        if ! { autoreconf --version && automake --version && libtoolize --version; } >/dev/null 2>&1; then
            skip "$name/build" "no autoconf, automake and libtool that work here"
            return
        fi
    fi
    judge "$name/build" build_once "$work/$name" "$4" build_$kind || return
    prove_headers "$name" "$work/$name"
    run_$kind "$name" "$work/$name"
    echo "# $name: $((SECONDS - began)) s"
}

# The proof must be able to fail: three builds that it has to reject, and one that it must not.
selftest() {
    local base=$work/selftest kind text
    rm -rf "$base"
    for kind in ours foreign unlisted nothing; do
        mkdir -p "$base/$kind" "$base/$kind.deps" "$base/foreign/infiniband"
        cp "$ours/include/infiniband/tm_types.h" "$base/foreign/infiniband/"
        export DOWNSTREAM_DEPS=$base/$kind.deps
        text='#include <infiniband/verbs.h>\n'
        [ $kind = foreign ] && text+='#include "infiniband/tm_types.h"\n'
        [ $kind = nothing ] && text='#include <stdio.h>\n'
        printf "$text" >"$base/$kind/a.c"
        # shellcheck disable=SC2086  # words
        (cd "$base/$kind" && $compiler $include_flags -c a.c) || not_ok selftest/$kind "no compilation"
    done
    cp "$base/ours/a.o" "$base/unlisted/b.o"
    for kind in ours foreign unlisted nothing; do
        "$here/read_headers.py" "$base/$kind.deps" "$base/$kind" "$ours/include/infiniband" \
            "$here/headers/infiniband" >"$logs/selftest-$kind.log" 2>&1
        case $kind$? in
            ours0 | foreign1 | unlisted1 | nothing1) ok "selftest/$kind" ;;
            *) not_ok "selftest/$kind" "$(tail -n 1 "$logs/selftest-$kind.log")" ;;
        esac
    done
}

judge install install_ours || { echo "downstream: 0 passed, 1 failed, 0 skipped"; exit 1; }
wanted selftest && selftest
fetch
judge loader build_loader
each_source project
wanted rust && crates

echo "downstream: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
