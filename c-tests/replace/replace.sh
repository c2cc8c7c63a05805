#!/bin/bash
# Our library in the place of the system's: installed over it, used without any variable, taken
# back; and programs that were linked with one of the two, on the other.
#
# Called by `make replace`, which is part of `make abi`. The installation happens in a mount
# namespace, where the directories it writes to are private: an overlay, or, where the system's
# files belong to nobody there (a user's own namespace), a directory of links to the system's. The
# system itself is never written to.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$top/build/replace
lib=$top/build/lib
here=$top/c-tests/replace
cd "$top" || exit 1
mkdir -p "$work"
multiarch=$("${CC:-cc}" -print-multiarch 2>/dev/null)
libdir=/usr/lib/$multiarch
[ -n "$multiarch" ] && [ -d "$libdir" ] || libdir=/usr/lib64
unset LD_LIBRARY_PATH LD_PRELOAD MAKEFLAGS MFLAGS PYTHONPATH
for variable in "${!VERBIUM_@}"; do unset "$variable"; done

passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }
skip() {  # NAME REASON; one that c-tests/skips.txt does not list is a failure
    if "$top/c-tests/skip-listed" "$1: $2"; then
        skipped=$((skipped + 1))
        echo "skip $1: $2"
    else
        not_ok "$1" "skipped for a reason that c-tests/skips.txt does not list: $2"
    fi
}
judge() {  # NAME COMMAND...
    local name=$1 log=$work/${1//\//-}.log
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        ok "$name"
    else
        not_ok "$name" "exit status $?: $(tail -n 1 "$log" | cut -c1-150)"
        return 1
    fi
}
summary() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
    exit
}

# --- linked with one, run with the other -----------------------------------------------------

cross() {
    local theirs=$work/theirs kind
    mkdir -p "$theirs"
    ln -sf "$libdir/libibverbs.so.1" "$theirs/libibverbs.so"
    for kind in theirs ours; do
        local from=$lib
        [ $kind = theirs ] && from=$theirs
        # shellcheck disable=SC2046  # a word or none
        judge "replace/cross/link-with-$kind" "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror \
            -Iinclude -o "$work/with-$kind" "$here/both.c" -L"$from" -libverbs || return
    done
    # What each run prints is the same; the other library is found where each is.
    judge replace/cross/theirs-on-theirs on "$libdir" with-theirs theirs-on-theirs
    judge replace/cross/ours-on-ours on "$lib" with-ours ours-on-ours
    judge replace/cross/theirs-on-ours on "$lib" with-theirs theirs-on-ours
    judge replace/cross/ours-on-theirs on "$libdir" with-ours ours-on-theirs
    for kind in ours-on-ours theirs-on-ours ours-on-theirs; do
        judge "replace/cross/$kind-same" cmp "$work/theirs-on-theirs.out" "$work/$kind.out"
    done
}

# `on DIRECTORY PROGRAM OUTPUT`: on the library in DIRECTORY, and on no other.
on() {
    LD_LIBRARY_PATH=$1 ldd "$work/$2" | grep -q " $1/libibverbs.so.1 " || return 1
    LD_LIBRARY_PATH=$1 LD_BIND_NOW=1 timeout -k 2 60 "$work/$2" >"$work/$3.out"
}

# --- in a namespace of its own ---------------------------------------------------------------

# `lend DIRECTORY NAME`: what is written to DIRECTORY from now on is seen in here only.
lend() {
    local directory=$1 base=$scratch/$2 entry
    mkdir -p "$base/upper" "$base/work" "$base/links" "$base/below"
    if [ "$(stat -c %u "$directory")" = "$(id -u)" ] && mount -t overlay overlay \
        -o "lowerdir=$directory,upperdir=$base/upper,workdir=$base/work" "$directory" 2>/dev/null; then
        if touch "$directory/.lent" 2>/dev/null && rm "$directory/.lent"; then return; fi
        umount "$directory" || return 1
    fi
    # Filled before it takes the place of what the programs that fill it need.
    mount --rbind "$directory" "$base/below" || return 1
    find "$base/below" -mindepth 1 -maxdepth 1 -exec ln -s -t "$base/links" {} + || return 1
    for entry in "$directory"/libibverbs.so* "$directory/libibverbs.a"; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then
            rm "$base/links/${entry##*/}" &&
                cp -d --preserve=mode,timestamps "$entry" "$base/links/" || return 1
        fi
    done
    # Directories that are installed into must be some of its own.
    for entry in "$directory"/{lib,include,infiniband,pkgconfig}; do
        if [ -d "$entry" ]; then
            rm "$base/links/${entry##*/}" && mkdir "$base/links/${entry##*/}" || return 1
        fi
    done
    mount --bind "$base/links" "$directory"
}

lend_all() {
    mount -t tmpfs tmpfs "$scratch" || return 1
    lend "$libdir" lib && lend /usr/include include && lend /usr/local local && lend /etc etc || return 1
    [ ! -d /var/cache/ldconfig ] || mount -t tmpfs tmpfs /var/cache/ldconfig
}

# All that an installation may touch: names, kinds, owners, modes, sizes, dates, targets, sums.
snapshot() {
    find "$libdir" /usr/local /usr/include -xdev \
        \( -type d -printf '%p %m %U:%G\n' -o -printf '%p %y %m %U:%G %s %T@ %l\n' \) | sort
    find "$libdir" -maxdepth 1 -name 'libibverbs*' -type f -exec sha256sum {} +
    find /usr/include/infiniband /usr/local -type f -exec sha256sum {} + 2>/dev/null | sort
}

# A program finds everything by itself: nothing but PATH is set.
bare() { env -i PATH="$PATH" timeout -k 2 120 "$@"; }
resolved() {  # the file that PROGRAM's libibverbs is
    readlink -f "$(bare ldd "$1" | awk '$1 == "libibverbs.so.1" { print $3 }')"
}
# What is under build/deb could not run without a variable, so it does not count as installed.
system_program() {
    local path
    path=$(command -v "$1") && [[ $path == /usr/* ]] && ! bare ldd "$path" | grep -q 'not found'
}

port=$((20000 + RANDOM % 20000))
is_listening() {
    grep -qsE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A " \
        /proc/net/tcp /proc/net/tcp6
}
pair() {  # PROGRAM ARGS...: as both ends
    local tries=0 peer status
    port=$((port + 1))
    while is_listening $port; do port=$((port + 1)); done
    bare "$@" -p $port &
    peer=$!
    until is_listening $port; do
        tries=$((tries + 1))
        if ! kill -0 $peer 2>/dev/null || [ $tries -gt 600 ]; then
            kill $peer 2>/dev/null
            wait $peer
            return 1
        fi
        sleep 0.1
    done
    bare "$@" -p $port 127.0.0.1
    status=$?
    [ $status = 0 ] || kill $peer 2>/dev/null
    wait $peer && return $status
}

run_programs() {  # NAME: all that is installed, without a variable
    local program
    for program in ibv_devinfo "ibv_rc_pingpong -g 0 -n 200" "ib_write_bw -F -n 200"; do
        # shellcheck disable=SC2086  # words
        set -- "$1" $program
        if ! system_program "$2"; then
            skip "$1/$2" "not installed"
        elif [ "$2" = ibv_devinfo ]; then
            judge "$1/$2" shows_active_port
        else
            judge "$1/$2" pair "${@:2}"
        fi
    done
    if [ -x /usr/bin/python3 ] && bare /usr/bin/python3 -c 'import pyverbs.device' 2>/dev/null; then
        judge "$1/pyverbs" bare /usr/bin/python3 -B "$here/loopback.py"
    else
        skip "$1/pyverbs" "not installed"
    fi
}
shows_active_port() { bare ibv_devinfo | tee /dev/stderr | grep -q PORT_ACTIVE; }

# `replaced NAME PREFIX DIRECTORY`: installs, runs, takes back.
replaced() {
    local name=$1 prefix=$2 expected=$3/libibverbs.so.1.18.65.0 before found
    local probe=$work/with-theirs shot=$work/${1##*/}
    # It may set right what was wrong before, which is no doing of ours.
    [ "$prefix" = /usr ] || ldconfig
    before=$(resolved "$probe")
    snapshot >"$shot-before"
    judge "$name/install" make --no-print-directory install PREFIX="$prefix" || return
    [ "$prefix" = /usr ] || judge "$name/ldconfig" ldconfig
    found=$(resolved "$probe")
    if [ "$found" != "$expected" ]; then
        not_ok "$name/found" "programs find $found and not $expected"
    elif ! cmp -s "$found" "$lib/libibverbs.so.1"; then
        not_ok "$name/found" "$found is not our library"
    else
        ok "$name/found"
        run_programs "$name"
    fi
    judge "$name/uninstall" make --no-print-directory uninstall PREFIX="$prefix"
    [ "$prefix" = /usr ] || judge "$name/ldconfig-again" ldconfig
    snapshot >"$shot-after"
    if cmp -s "$shot-before" "$shot-after"; then
        ok "$name/as-before ($(wc -l <"$shot-after") lines)"
    else
        not_ok "$name/as-before" "$(diff "$shot-before" "$shot-after" | sed -n 2,4p)"
    fi
    found=$(resolved "$probe")
    if [ "$found" = "$before" ]; then
        ok "$name/theirs-again"
    else
        not_ok "$name/theirs-again" "programs find $found, before it was $before"
    fi
}

inside() {
    scratch=$work/scratch
    mkdir -p "$scratch"
    if ! lend_all 2>"$work/lend.log"; then
        skip replace/namespace "nothing can be mounted in a namespace here"
        summary
    fi
    replaced replace/usr /usr "$libdir"
    replaced replace/local /usr/local /usr/local/lib
    summary
}

if [ "${1:-}" = --inside ]; then
    inside
fi

if [ ! -e "$libdir/libibverbs.so.1" ]; then
    skip replace "this system has no libibverbs.so.1"
    summary
fi
cross
theirs_before=$(sha256sum "$libdir/libibverbs.so.1" && readlink "$libdir/libibverbs.so.1")
own=(unshare -m --propagation private)
[ "$(id -u)" = 0 ] || own=(unshare -rm --propagation private)
if ! "${own[@]}" true 2>/dev/null; then
    skip replace/namespace "no mount namespace here"
    summary
fi
"${own[@]}" "$0" --inside | tee "$work/inside.log"
counts=$(tail -n 1 "$work/inside.log")
if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + BASH_REMATCH[3]))
else
    not_ok replace/namespace "it came to no end"
fi
judge replace/system-untouched test "$theirs_before" = \
    "$(sha256sum "$libdir/libibverbs.so.1" && readlink "$libdir/libibverbs.so.1")"
summary
