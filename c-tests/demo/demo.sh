#!/bin/bash
# Runs Debian's own verbs programs, unmodified, on the embedded device, and prints one table.
#
#   demo.sh [--how path|preload] [--as self|user|netns] [--all]
#
# --how   how a program is given our library: LD_LIBRARY_PATH (the default) or LD_PRELOAD
# --as    who runs it: the caller, uid 65534 (needs root), or the caller in a network namespace of
#         its own where only loopback exists
# --all   the table three times: both ways of loading, all three users
#
# Called by `make demo` and `make demo-all`, after `make lib` and setup.sh. Every row is bounded
# in time, uses a TCP port of its own on 127.0.0.1, and leaves its output in build/demo/. A row
# that could not run is named and makes the exit status 1. It is bash because nothing else is sure
# to be on a fresh machine.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
lib=${DEMO_LIB:-$top/build/lib}
deb=$top/build/deb
device=${DEMO_DEVICE:-verbium0}
row_limit=${DEMO_ROW_SECONDS:-120}     # one pair; perftest calibrates its clock 0.2 s for each size
pass_limit=${DEMO_PASS_SECONDS:-300}  # one table; what has not started by then counts as failed
only=${DEMO_ONLY:-}                   # run only the rows whose name matches this pattern

how=path as=self all=no inside=no
while [ $# -gt 0 ]; do
    case $1 in
        --how) how=$2; shift 2 ;;
        --as) as=$2; shift 2 ;;
        --all) all=yes; shift ;;
        --inside) inside=yes; shift ;;   # our own second start, in the namespace
        *) sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

# --- three tables, three users -------------------------------------------------------------

run_all() {
    local status=0 total_ok=0 total_bad=0 total_skipped=0 args counts
    for args in "--how path --as self" "--how preload --as user" "--how path --as netns"; do
        # shellcheck disable=SC2086  # a list of words
        "$0" $args | tee "$top/build/demo/last"
        [ "${PIPESTATUS[0]}" = 0 ] || status=1
        counts=$(tail -n 1 "$top/build/demo/last")
        if [[ $counts =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped ]]; then
            total_ok=$((total_ok + BASH_REMATCH[1]))
            total_bad=$((total_bad + BASH_REMATCH[2]))
            total_skipped=$((total_skipped + BASH_REMATCH[3]))
        else
            status=1 total_bad=$((total_bad + 1))
        fi
        echo
    done
    echo "demo: $total_ok passed, $total_bad failed, $total_skipped skipped"
    exit $status
}

mkdir -p "$top/build/demo"
if [ ! -e "$lib/libibverbs.so.1" ]; then
    echo "demo: $lib/libibverbs.so.1 is not there: run \`make lib\` first" >&2
    exit 1
fi
[ $all = yes ] && run_all

# --- where things are found ----------------------------------------------------------------

# Packages unpacked under build/ come after the system's own, and their libraries after ours.
PATH=$PATH:/usr/sbin:/sbin:$deb/usr/bin:$deb/usr/sbin:$deb/bin:$deb/sbin
extra_libs=
for dir in "$deb"/usr/lib/*-linux-gnu "$deb"/lib/*-linux-gnu; do
    [ -d "$dir" ] && extra_libs=$extra_libs:$dir
done
extra_libs=${extra_libs#:}

skip_table() {
    echo "demo: skipped, --as $as: $1"
    echo "demo: 0 passed, 0 failed, 1 skipped"
    exit 0
}

# --- who runs it ---------------------------------------------------------------------------

who="uid $(id -u)"
wrap=()
copy=
case $as in
    self) ;;
    user)
        [ "$(id -u)" = 0 ] || skip_table "only root can become another user (run it as one instead)"
        wrap=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${wrap[@]}" true 2>/dev/null || skip_table "setpriv may not change the user here"
        who="uid 65534"
        # A checkout in somebody's home may be closed to that user: lend it a copy of the library.
        if ! "${wrap[@]}" test -r "$lib/libibverbs.so.1"; then
            copy=$(mktemp -d) && chmod 755 "$copy" || exit 1
            cp -L "$lib/libibverbs.so.1" "$copy/" && chmod 644 "$copy/libibverbs.so.1"
            lib=$copy
        fi
        ;;
    netns)
        if [ $inside = no ]; then
            unshare -rn true 2>/dev/null || skip_table "this kernel forbids user namespaces here"
            exec unshare -rn bash -c 'ip link set lo up || exit 1; exec "$@"' - \
                "$0" --inside --how "$how" --as netns
        fi
        who="unshare -rn"
        ;;
    *) echo "demo: --as $as?" >&2; exit 2 ;;
esac

# The embedded device is asked for, so that a machine with RDMA of its own shows it too.
settings=("VERBIUM_NIC=on")
case $how in
    path)
        loading="LD_LIBRARY_PATH"
        settings+=("LD_LIBRARY_PATH=$lib${extra_libs:+:$extra_libs}")
        ;;
    preload)
        loading="LD_PRELOAD"
        settings+=("LD_PRELOAD=$lib/libibverbs.so.1")
        [ -n "$extra_libs" ] && settings+=("LD_LIBRARY_PATH=$extra_libs")
        ;;
    *) echo "demo: --how $how?" >&2; exit 2 ;;
esac

server=
clean_up() {
    [ -n "$server" ] && kill "$server" 2>/dev/null
    [ -n "$copy" ] && rm -rf "$copy"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

logs=$top/build/demo/$how-$as
mkdir -p "$logs"
rm -f "$logs"/*

# --- running one program, or a pair --------------------------------------------------------

# `on_ours COMMAND...`: as the chosen user, in bounded time, with our library. A subshell of its
# own that becomes the command, so that a signal to the job is a signal to the command.
on_ours() (
    exec timeout -k 2 "$row_limit" "${wrap[@]}" env "${settings[@]}" "$@"
)

port=$((20000 + RANDOM % 20000))
is_listening() {  # a port in use, on any address, IPv4 or IPv6
    grep -qsE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A " \
        /proc/net/tcp /proc/net/tcp6
}
next_port() {
    port=$((port + 1))
    while is_listening $port; do port=$((port + 1)); done
}

# `run_pair LOG PROGRAM ARGS...`: a server, then its client. Sets `status` and `reason`.
run_pair() {
    local log=$1 tries=0 server_status
    shift
    next_port
    on_ours "$@" -p $port >"$log.server" 2>&1 </dev/null &
    server=$!
    until is_listening $port; do
        tries=$((tries + 1))
        if ! kill -0 $server 2>/dev/null || [ $tries -gt 200 ]; then
            kill $server 2>/dev/null
            wait $server
            server=
            status=1 reason="the server did not start: $(last_words "$log.server")"
            return
        fi
        sleep 0.05
    done
    on_ours "$@" -p $port 127.0.0.1 >"$log.client" 2>&1 </dev/null
    status=$?
    [ $status = 0 ] || kill $server 2>/dev/null
    wait $server
    server_status=$?
    server=
    if [ $status = 124 ] || [ $status = 137 ]; then
        reason="no end within $row_limit s: $(last_words "$log.client")"
    elif [ $status != 0 ]; then
        reason="exit $status: $(last_words "$log.client")"
    elif [ $server_status != 0 ]; then
        status=$server_status reason="server, exit $status: $(last_words "$log.server")"
    fi
}

last_words() {
    grep -v '^[-[:space:]]*$' "$1" | tail -n 1 | cut -c1-90
}

# --- the table -----------------------------------------------------------------------------

passed=0 failed=0 failures=()
show() { printf '%-16s %-12s %-4s %-9s %s\n' "$@"; }
row() {  # PROGRAM OPTIONS SERVICE DEVICE RESULT
    show "$@"
    passed=$((passed + 1))
}
row_failed() {  # PROGRAM OPTIONS SERVICE REASON
    show "$1" "$2" "$3" "-" "FAILED: $4"
    failed=$((failed + 1))
    failures+=("$1${2:+ $2}${3:+ ($3)}")
}
wanted() { [ -z "$only" ] || [[ "$*" =~ $only ]]; }

# True, and the row written down as failed, when PROGRAM is absent or the time is used up.
cannot_run() {
    if [ $SECONDS -gt "$pass_limit" ]; then
        row_failed "$1" "$2" "$3" "not started: the $pass_limit s of one table are used up"
    elif ! command -v "$1" >/dev/null 2>&1; then
        row_failed "$1" "$2" "$3" "this program is not installed"
    else
        return 1
    fi
}

run_list() {
    local log=$logs/ibv_devices count
    wanted ibv_devices || return
    cannot_run ibv_devices "" "" && return
    if ! on_ours ibv_devices >"$log" 2>&1; then
        row_failed ibv_devices "" "" "$(last_words "$log")"
    elif ! grep -q "^ *$device[[:space:]]" "$log"; then
        row_failed ibv_devices "" "" "$device is not in its list"
    else
        count=$(grep -cE '^ +[^ ]+[[:space:]]+[0-9a-f]{16}$' "$log")
        row ibv_devices "" "" "$device" "ok, $count listed"
    fi
}

run_info() {
    local log=$logs/ibv_devinfo state mtu
    wanted ibv_devinfo || return
    cannot_run ibv_devinfo -v "" && return
    if ! on_ours ibv_devinfo -v -d "$device" >"$log" 2>&1; then
        row_failed ibv_devinfo -v "" "$(last_words "$log")"
    elif ! grep -q "hca_id:[[:space:]]*$device" "$log"; then
        row_failed ibv_devinfo -v "" "it did not show $device"
    else
        state=$(sed -n 's/.*state:[[:space:]]*\(PORT_[A-Z]*\).*/\1/p' "$log" | head -n 1)
        mtu=$(sed -n 's/.*active_mtu:[[:space:]]*\([0-9]*\).*/\1/p' "$log" | head -n 1)
        row ibv_devinfo -v "" "$device" "ok, $state, MTU $mtu"
    fi
}

run_pingpong() {  # PROGRAM SERVICE OPTIONS
    local program=$1 service=$2 options=$3 log result
    wanted "$program $options" || return
    cannot_run "$program" "$options" "$service" && return
    log=$logs/$program${options// /}
    # shellcheck disable=SC2086  # options are words
    run_pair "$log" "$program" -g 0 -d "$device" $options
    if [ $status != 0 ]; then
        row_failed "$program" "$options" "$service" "$reason"
        return
    fi
    result=$(sed -n 's/.* iters in .* = \([0-9.]*\) usec\/iter.*/\1/p' "$log.client")
    if [ -z "$result" ]; then
        row_failed "$program" "$options" "$service" "no result: $(last_words "$log.client")"
    else
        row "$program" "$options" "$service" "$device" "$result us/iteration"
    fi
}

# The result lines of a perftest client: those that start with a number of bytes. Where other
# programs keep perftest from measuring how fast the CPU counts, it prints "inf" or 0 for a size.
result_lines() { grep -E '^ +[0-9]+ +[0-9]+ +([0-9]|inf)' "$1"; }

perftest_result() {  # LOG PROGRAM OPTIONS: prints the result, or nothing
    case $2$3 in
        *_bw-a) result_lines "$1" | awk '{ if ($4 > best) { best = $4; size = $1 } }
            END { if (NR == 23 && best > 0) print NR " sizes, best " best " MB/s at " size " B" }' ;;
        *_lat-a) result_lines "$1" | awk 'NR == 1 { low = $5 } { last = $5 }
            END { if (NR == 23 && low != "")
                print NR " sizes, " low " us at 2 B to " last " us at 8 MiB" }' ;;
        *_bw*) result_lines "$1" | awk '$4 > 0 { printf "%s MB/s, %s M msg/s at %s B\n",
            $4, $5, $1 }' ;;
        *_lat*) result_lines "$1" | awk '$5 != "inf" && $5 > 0 { print $5 " us at " $1 " B" }' ;;
    esac
}

# Few iterations: this shows that it works. Speed is `make bench`'s business.
perftest_iterations() {  # PROGRAM OPTIONS SERVICE
    case "$1 $2 $3" in
        # Nothing pushes back on unreliable SENDs, so all of them fit into the receive queue.
        "ib_send_bw "*" U"?) echo "-n 1000 -r 2048" ;;
        *_bw" -a "*) echo "-n 200" ;;
        # Two spinning processes on a busy machine take a time slice for each message.
        *_lat" -a "*) echo "-n 25" ;;
        *_lat" -e "*) echo "-n 500" ;;
        *_bw" -q"*) echo "-n 500" ;;
        *_bw*) echo "-n 2000" ;;
        *) echo "-n 1000" ;;
    esac
}

run_perftest() {  # PROGRAM SERVICE OPTIONS
    local program=$1 service=$2 options=$3 log result name try
    wanted "$program $service $options" || return
    cannot_run "$program" "$options" "$service" && return
    log=$logs/$program-$service${options// /}
    # It ran well and has no clock: another time.
    for try in 1 2 3; do
        # shellcheck disable=SC2046,SC2086  # words
        run_pair "$log" "$program" -F -d "$device" -c "$service" $options \
            $(perftest_iterations "$program" "$options" "$service")
        if [ $status != 0 ]; then
            row_failed "$program" "$options" "$service" "$reason"
            return
        fi
        result=$(perftest_result "$log.client" "$program" "$options")
        [ -z "$result" ] || break
    done
    name=$(sed -n 's/.*[[:space:]]Device *: *\([^ ]*\).*/\1/p' "$log.client" | head -n 1)
    if [ -z "$result" ]; then
        row_failed "$program" "$options" "$service" "no result: $(last_words "$log.client")"
    elif [ "$name" != "$device" ]; then
        row_failed "$program" "$options" "$service" "it ran on the device \"$name\""
    else
        row "$program" "$options" "$service" "$name" "$result"
    fi
}

has_flag() {  # PROGRAM FLAG: its own help is asked, so that the table follows the program
    on_ours "$1" --help 2>&1 </dev/null | grep -qE "^[[:space:]]*$2,"
}

perftests="ib_send_bw ib_send_lat ib_write_bw ib_write_lat ib_read_bw ib_read_lat
    ib_atomic_bw ib_atomic_lat"

echo "Programs of the system on the embedded device, with $loading, as $who:"
echo
show program options type device result
show ---------------- ------------ ---- --------- ------
run_list
run_info
run_pingpong ibv_rc_pingpong RC ""
run_pingpong ibv_rc_pingpong RC "-e"
run_pingpong ibv_uc_pingpong UC ""
run_pingpong ibv_ud_pingpong UD ""
run_pingpong ibv_srq_pingpong RC ""
for program in $perftests; do
    run_perftest "$program" RC ""
    for option in "-a" "-b" "-q 16" "-e" "-l 16"; do
        has_flag "$program" "${option%% *}" && run_perftest "$program" RC "$option"
    done
done
for program in ib_send_bw ib_send_lat ib_write_bw ib_write_lat; do
    run_perftest "$program" UC ""
done
for program in ib_send_bw ib_send_lat; do
    run_perftest "$program" UD ""
done

echo
if [ $failed != 0 ]; then
    echo "Could not run (their output is in ${logs#"$top"/}):"
    printf '  %s\n' "${failures[@]}"
    echo
fi
echo "($SECONDS s)"
echo "demo: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ] && [ $passed != 0 ]
