#!/bin/bash
# What runs inside the guest: guest.sh TOP OUT JOB...
#
# TOP is the checkout, OUT the directory for results. Each job runs with the reference library and
# then with ours, each time on a device that was just made, and leaves OUT/LIBRARY/NAME.out, .err
# and .status for judge.py, which compares the two. Nothing here decides what is right.
set -u

top=$1 out=$2
shift 2
here=$top/c-tests/kernel
stage=$top/build/kernel/stage
tests=/tmp/suite/tests
plugins=/usr/lib/x86_64-linux-gnu/libibverbs
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/tmp PYTHONDONTWRITEBYTECODE=1
ulimit -l unlimited
ulimit -c 0

lib=reference  # the library a program gets: reference or ours
shim=          # what the shim takes away from it

# --- running something with one of the libraries ------------------------------------------------

# with COMMAND...: the environment of the library, and nothing else that would matter to it.
with() (
    [ $lib = ours ] && export "LD_LIBRARY_PATH=$stage/lib"
    [ -n "$shim" ] && export "SHIM_WITHOUT=$shim" "LD_PRELOAD=$stage/shim.so"
    exec "$@"
)

# try NAME SECONDS COMMAND...: keeps what it printed and how it ended.
try() {
    local name=$1 seconds=$2
    shift 2
    with timeout -k 5 "$seconds" "$@" >"$out/$lib/$name.out" 2>"$out/$lib/$name.err" </dev/null
    echo $? >"$out/$lib/$name.status"
}

# To start a program takes a tenth of a second and more under emulation. What waits for something
# looks again and again, so it does without: nap is `sleep 0.1`, by reading what nobody writes.
mkfifo /tmp/quiet
nap() { read -rt 0.1 <>/tmp/quiet; }

# listens PORT: whether a socket of TCP does, of which 0A is the state.
listens() {
    local port table lines
    printf -v port %04X "$1"
    for table in /proc/net/tcp /proc/net/tcp6; do
        mapfile -t lines <$table
        [[ ${lines[*]} =~ :$port\ [0-9A-F]+:0000\ 0A\  ]] && return
    done
    return 1
}

# pair NAME SECONDS COMMAND...: a server and, once it listens, a client of it.
pair() {
    local name=$1 seconds=$2 server port i
    shift 2
    port=$((20000 + RANDOM % 10000))
    with timeout -k 5 "$seconds" "$@" -p $port >"$out/$lib/$name-server.out" \
        2>"$out/$lib/$name-server.err" </dev/null &
    server=$!
    for ((i = 0; i < 300; i++)); do
        listens $port && break
        kill -0 $server 2>/dev/null || break
        nap
    done
    try "$name-client" "$seconds" "$@" -p $port 127.0.0.1
    wait $server
    echo $? >"$out/$lib/$name-server.status"
}

# --- the device ---------------------------------------------------------------------------------

start_network() {
    ip link set lo up
    ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
    ip addr add 10.9.0.1/24 dev v0
    ip link set v0 up
    ip link set v1 up
    local i
    for ((i = 0; i < 50; i++)); do
        ip -6 addr show dev v0 scope link -tentative | grep -q inet6 && break
        sleep 0.1
    done
}

has_device() { [ -e /sys/class/infiniband/rxe0 ]; }

new_device() {
    has_device && rdma link delete rxe0
    rdma link add rxe0 type rxe netdev v0
    local i
    for ((i = 0; i < 150; i++)); do
        compgen -G "/dev/infiniband/uverbs*" >/dev/null && return
        nap
    done
    echo "no device file for rxe0"
}

# --- jobs ---------------------------------------------------------------------------------------

job_loaded() {
    try loaded 20 ldd /usr/bin/ibv_devinfo
}

job_devinfo() {
    try devices 30 ibv_devices
    try devinfo-list 30 ibv_devinfo -l
    try devinfo 30 ibv_devinfo -v
}

pingpong() {  # SUFFIX
    pair "rc-pingpong$1" 30 ibv_rc_pingpong -d rxe0 -g 1 -n 200
}

job_pingpong() {
    pingpong ""
    pair rc-pingpong-events 30 ibv_rc_pingpong -d rxe0 -g 1 -n 200 -e
    pair uc-pingpong 30 ibv_uc_pingpong -d rxe0 -g 1 -n 200
    pair ud-pingpong 30 ibv_ud_pingpong -d rxe0 -g 1 -n 200
    pair srq-pingpong 30 ibv_srq_pingpong -d rxe0 -g 1 -n 200
    pair xsrq-pingpong 30 ibv_xsrq_pingpong -d rxe0 -g 1 -n 200
}

job_perftest() {
    local program
    for program in ib_send_bw ib_write_bw ib_read_bw ib_atomic_bw; do
        pair ${program//_/-} 40 $program -d rxe0 -x 1 -c RC -n 200 -F
    done
    pair ib-send-bw-events 40 ib_send_bw -d rxe0 -x 1 -c RC -n 200 -F -e
}

job_pyverbs() {
    try pyverbs 280 /usr/bin/python3 "$here/suite.py" $tests rxe0 "$out/$lib/pyverbs.tsv"
}

# The same programs with something of the kernel out of reach.
job_modes() {
    for shim in ioctl invoke-write netlink; do
        new_device
        try "without-$shim-devinfo" 30 ibv_devinfo -v
        pingpong "-without-$shim"
        try "without-$shim-pyverbs" 120 /usr/bin/python3 "$here/suite.py" $tests rxe0 \
            "$out/$lib/without-$shim-pyverbs.tsv" \
            test_device test_pd test_mr test_cq test_cq_events test_qp test_addr test_cqex
    done
    shim=
}

# delete_under NAME COMMAND...: deletes rxe0 while a server and its client talk over it. rxe cannot
# part from its users, so the delete waits for them. Says what is seen, in words free of time.
delete_under() {
    local name=$1 sent=/sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts
    local pair delete before now i
    shift
    pair "$name" 60 "$@" &
    pair=$!
    for ((i = 0; i < 400; i++)); do
        read -r now <$sent && [ "$now" -gt 1000 ] && break
        nap
    done
    rdma link delete rxe0 &
    delete=$!
    {
        for ((i = 0; i < 200; i++)); do
            [ -e /dev/infiniband/uverbs0 ] || break
            nap
        done
        [ -e /dev/infiniband/uverbs0 ] && echo "the delete does not begin"
        read -r before <$sent
        for ((i = 0; i < 100; i++)); do
            read -r now <$sent && [ "$now" -gt "$before" ] && echo "packets are sent" && break
            nap
        done
        kill -0 $delete 2>/dev/null && echo "the delete waits"
        kill -0 $pair 2>/dev/null && echo "the programs run"
        # On a slow machine the traffic may end meanwhile; unplug.c, which stops it itself, lists too.
        for i in 1 2; do
            with timeout 20 ibv_devices >/dev/null 2>&1
            echo "ibv_devices: $?"
        done
        with timeout 20 ibv_devinfo -d rxe0 >/dev/null 2>&1
        echo "ibv_devinfo -d rxe0: $?"
        wait $pair
        wait $delete
        echo "the delete: $?"
        ls /dev/infiniband
    } >"$out/$lib/$name.out" 2>"$out/$lib/$name.err"
    echo 0 >"$out/$lib/$name.status"
}

job_unplug() {
    try unplug 90 "$stage/unplug" rxe0 "rdma link delete rxe0"
    local allow plugged=/sys/module/verbium_plug/parameters/plugged
    insmod "$out/verbium_plug.ko"
    for allow in 0 1; do
        echo 1 >$plugged
        RDMAV_ALLOW_DISASSOC_DESTROY=$allow \
            try unplug-plug-$allow 90 "$stage/unplug" plug0 "echo 0 >$plugged"
    done
    rmmod verbium_plug
    new_device
    delete_under unplug-perftest ib_write_bw -d rxe0 -x 1 -c RC -F -D 10
    new_device
    try reopen 90 "$stage/reopen" rxe0 v0
}

# A plug-in that is not what it should be, first as the only one there is, then besides a good one.
job_plugins() {
    local kind good=$plugins/librxe-rdmav34.so kept=/tmp/good.so how
    cp "$good" $kept
    for kind in missing unreadable truncated empty directory generation undefined silent; do
        for how in alone besides; do
            rm -rf "$good"
            local bad=$good
            if [ $how = besides ]; then
                cp $kept "$good"
                bad=$plugins/libother-rdmav34.so
                echo "driver other" >/etc/libibverbs.d/other.driver
            fi
            case $kind in
                missing) ;;
                unreadable) cp $kept "$bad"; chmod 0 "$bad" ;;
                truncated) head -c 5000 $kept >"$bad" ;;
                empty) : >"$bad" ;;
                directory) mkdir "$bad" ;;
                *) cp "$stage/plugin-$kind.so" "$bad" ;;
            esac
            # Root may read everything.
            VERBIUM_NIC=off try "plugin-$kind-$how" 30 \
                setpriv --reuid 65534 --clear-groups ibv_devinfo -l
            rm -rf "$bad" /etc/libibverbs.d/other.driver
        done
    done
    cp $kept "$good"
}

# The system calls of $stage/control, counted by the kernel: to stop at each of them, as strace does,
# takes a minute here. A filter by name counts from the end of execve on, in the one thread it has.
count_calls() {  # RUN
    local event=/sys/kernel/tracing/events/raw_syscalls/sys_enter
    mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
    echo 'hist:keys=common_pid if comm == "control"' >$event/trigger
    try "calls-control-$1" 300 "$stage/control"
    cat $event/hist >"$out/$lib/calls-control-$1.count"
    echo '!hist:keys=common_pid if comm == "control"' >$event/trigger
}

# What the calls of the control path cost. Both libraries are stripped; three runs of each. Half of
# what valgrind does at its start is to read the debugging symbols of libc, which under emulation is
# seconds each time: they are hidden from it. The counts change by less than one in 10,000.
job_cost() {
    local program run symbols=/usr/lib/debug
    [ -d $symbols ] && mount -t tmpfs none $symbols
    for program in devices devinfo control; do
        local command="ibv_$program"
        [ $program = control ] && command="$stage/control"
        for run in 1 2 3; do
            if [ $program = control ]; then
                count_calls $run
            else
                try "calls-$program-$run" 300 strace -f -c \
                    -o "$out/$lib/calls-$program-$run.count" $command
            fi
            try "instructions-$program-$run" 300 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
                $command
        done
    done
    try opens 60 strace -f -e trace=openat,open -o "$out/$lib/opens.list" ibv_devices
    mountpoint -q $symbols && umount $symbols
}

# --- all of them --------------------------------------------------------------------------------

start_network
mkdir -p /tmp/suite "$out/reference" "$out/ours"
cp -r "$stage/tests" /tmp/suite/
chmod 666 /dev/infiniband/* 2>/dev/null
for job in "$@"; do
    for lib in reference ours; do
        dmesg -c >/dev/null
        new_device
        chmod 666 /dev/infiniband/*
        began=$SECONDS
        "job_$job"
        dmesg >"$out/$lib/dmesg-$job.txt"
        echo "$job $lib $((SECONDS - began)) s"
        # What is left of a job must not be there for the next one.
        has_device && rdma link delete rxe0
    done
done
touch "$out/ended"
