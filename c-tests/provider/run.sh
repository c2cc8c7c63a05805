#!/bin/bash
# Discovery and plug-ins on machines that do not exist: devices by scripted netlink and in fake
# trees of sysfs, commands answered by machine.c, Debian's provider plug-ins and a toy of our own.
#
#   c-tests/provider/run.sh [PATTERN]      all cases, or those whose name matches
#
# LIB: the directory of our library (build/lib); LIB_REF: see c-tests/diff/reference.sh.
# Where a case runs on rdma-core's library too, both must say the same.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lib=${LIB:-$top/build/lib}
out=$top/build/provider
pattern=${1:-}
cc=${CC:-cc}
passed=0 failed=0 skipped=0 unlisted=0
export LC_ALL=C

build() {
    local flags="-std=gnu11 -O2 -g -Wall -Wextra -Werror" kind program
    rm -rf "$out" && mkdir -p "$out/bad" || return
    $cc $flags -shared -fPIC "$here/machine.c" -o "$out/machine.so" -ldl || return
    for program in list drive; do
        $cc $flags -I"$top/include" "$here/$program.c" -o "$out/$program" -L"$lib" -libverbs || return
    done
    for kind in "" SILENT UNDEFINED REFUSES NESTED; do
        $cc $flags -I"$top/include" ${kind:+-D$kind} -shared -fPIC "$here/toy.c" \
            -o "$out/lib${kind:-toy}-rdmav34.so" -L"$lib" -libverbs || return
    done
    # Libraries of their own, whose names tell the release.
    for kind in 44.0 56.1; do
        $cc $flags -I"$top/include" $([ $kind = 56.1 ] || echo -DOLD) -shared -fPIC "$here/toy.c" \
            -o "$out/libtoy.so.1.2.$kind" -L"$lib" -libverbs || return
        mkdir "$out/$kind" && ln -s "../libtoy.so.1.2.$kind" "$out/$kind/libtoy-rdmav34.so" || return
    done
    # A plug-in of interface 99 wants a node that no library has.
    echo 'IBVERBS_PRIVATE_99 { global: *; };' >"$out/bad/99.map"
    $cc $flags -DSTUB -shared -fPIC "$here/toy.c" -o "$out/bad/libibverbs.so" \
        -Wl,-soname,libibverbs.so.1 -Wl,--version-script="$out/bad/99.map" || return
    $cc $flags -DFOREIGN -shared -fPIC "$here/toy.c" -o "$out/libFOREIGN-rdmav34.so" \
        -Wl,--no-as-needed -L"$out/bad" -libverbs || return
    rm "$out/bad/libibverbs.so"
}

# --- machines ---

# A machine without devices; $m is its directory.
machine() {
    m=$out/machine
    rm -rf "$m" && mkdir -p "$m/nodes" "$m/config" "$m/sys" && : >"$m/netlink"
}

node() { ln -sf /dev/null "$m/nodes/$1"; }

driver() { echo "driver $1" >"$m/config/$(basename "$1").driver"; }

# by_netlink INDEX NAME UVERBS DRIVER_ID ABI
by_netlink() { echo "$*" >>"$m/netlink"; node "$3"; }

# bus_of NAME MODALIAS: what sysfs says of the device below a device.
bus_of() {
    mkdir -p "$m/sys/class/infiniband/$1/device"
    echo "$2" >"$m/sys/class/infiniband/$1/device/modalias"
}

# by_sysfs NAME UVERBS ABI [MODALIAS]
by_sysfs() {
    local class=$m/sys/class/infiniband_verbs device=$m/sys/class/infiniband/$1
    mkdir -p "$class/$2" "$device"
    echo "${uverbs_abi:-6}" >"$class/abi_version"
    echo "$1" >"$class/$2/ibdev"
    echo 1:3 >"$class/$2/dev"
    echo "$3" >"$class/$2/abi_version"
    echo "1: CA" >"$device/node_type"
    echo "0002:c903:00${3}8:e7b0" >"$device/node_guid"
    [ -z "${4:-}" ] || bus_of "$1" "$4"
    node "$2"
    echo none >"$m/way"
}

# on LIBRARY PROGRAM...: leaves standard output and error in $m/out and $m/err.
on() {
    local library=$1 netlink=$m/netlink
    shift
    [ ! -e "$m/way" ] || netlink=$(cat "$m/way")
    rm -f "$m/toy.log" "$m/commands"
    timeout 60 env VERBIUM_NIC="${nic:-off}" SYSFS_PATH="$m/sys" MACHINE_NODES="$m/nodes" \
        MACHINE_CONFIG="$m/config" MACHINE_NETLINK="$netlink" MACHINE_LOG="$m/commands" \
        TOY_LOG="$m/toy.log" LD_BIND_NOW=1 LD_LIBRARY_PATH="$library${unpacked:+:$unpacked}" \
        LD_PRELOAD="$out/machine.so${linked:+ $linked}" "$@" >"$m/out" 2>"$m/err"
}

# --- verdicts ---

ok() { passed=$((passed + 1)); [ -z "${VERBOSE:-}" ] || echo "ok $1"; }

not_ok() {
    failed=$((failed + 1))
    echo "not ok $1: $2"
    sed 's/^/    out: /' "$m/out"
    sed 's/^/    err: /' "$m/err"
}

skip() {
    skipped=$((skipped + 1))
    "$top/c-tests/skip-listed" "provider/$1: $2" || unlisted=$((unlisted + 1))
    echo "skip $1: $2"
}

wanted() { [[ $1 == *$pattern* ]]; }

# lists NAME DEVICES PLUG-INS: our library lists these devices, in this order, with these plug-ins
# and no others, and has nothing to complain of.
lists() {
    local name=$1 devices plugins
    on "$lib" "$out/${program:-list}" || { not_ok "$name" "exit status $?"; return; }
    devices=$(sed -n 's/^\(= \)\?\([^ ]*\) uverbs.*/\2/p' "$m/out" | xargs)
    plugins=$(sed -n 's/^plug-in //p' "$m/out" | sort | xargs)
    if [ "$devices" != "$2" ]; then
        not_ok "$name" "expected devices: $2"
    elif [ "$plugins" != "$3" ]; then
        not_ok "$name" "expected plug-ins: $3"
    elif [ -s "$m/err" ]; then
        not_ok "$name" "expected no message"
    else
        ok "$name"
    fi
}

# complains NAME WORD...: no device, no crash, and one line of complaint with all these words.
complains() {
    local name=$1 word
    shift
    on "$lib" "$out/${program:-list}" || { not_ok "$name" "exit status $?"; return; }
    grep -q '^0 devices' "$m/out" || { not_ok "$name" "a device is listed"; return; }
    [ "$(wc -l <"$m/err")" = 1 ] || { not_ok "$name" "expected one line"; return; }
    for word; do
        grep -qF -- "$word" "$m/err" || { not_ok "$name" "expected '$word'"; return; }
    done
    ok "$name"
}

# --- Debian's plug-ins: name, driver number, ABI, name of a device, modalias if it has one ---

providers="
bnxt_re    6  1 bnxt_re0    pci:v000014E4d00001614sv000014E4sd00004160bc02sc00i00
cxgb4      4  3 cxgb4_0     pci:v00001425d00005401sv00001425sd00000000bc02sc00i00
efa        17 1 efa_0       pci:v00001D0Fd0000EFA0sv00001D0Fsd0000EFA0bc02sc00i00
erdma      19 1 erdma_0     pci:v00001DEDd0000107Fsv00001DEDsd0000107Fbc02sc00i00
hfi1verbs  15 6 hfi1_0      pci:v00008086d000024F0sv00008086sd00002628bc02sc08i00
hns        12 1 hns_0       pci:v000019E5d0000A222sv000019E5sd0000454Bbc02sc00i00
ipathverbs 16 2 qib0        pci:v00001077d00007322sv00001077sd00007322bc0Csc06i00
irdma      9  5 irdma0      pci:v00008086d000037D0sv00008086sd00000000bc02sc00i00
mana       20 1 mana_0      -
mlx4       2  4 mlx4_0      pci:v000015B3d00001003sv000015B3sd00000049bc02sc80i00
mlx5       1  1 mlx5_0      pci:v000015B3d00001017sv000015B3sd00000020bc02sc00i00
mthca      5  1 mthca0      pci:v000015B3d00006274sv000015B3sd00006274bc0Csc06i00
ocrdma     7  2 ocrdma0     pci:v000010DFd00000720sv000010DFsd0000E724bc02sc00i00
qedr       11 8 qedr0       pci:v00001077d00001656sv00001077sd0000E4F4bc02sc00i00
rxe        14 2 rxe0        name
siw        18 1 siw0        -
vmw_pvrdma 10 3 vmw_pvrdma0 pci:v000015ADd00000820sv000015ADsd00000000bc02sc00i00
"

find_providers() {
    local folder
    for folder in /usr/lib/*-linux-gnu /usr/lib64 "$top"/build/deb/usr/lib/*-linux-gnu; do
        [ -e "$folder/libibverbs/librxe-rdmav34.so" ] || continue
        provider_libraries=$folder
        case $folder in
        "$top"/*) prefix=$folder/libibverbs/lib unpacked=$folder ;;
        *) prefix= ;;
        esac
        return 0
    done
    return 1
}

# The file a plug-in's name leads to.
file_of() { basename "$(readlink -f "$provider_libraries/libibverbs/lib$1-rdmav34.so")"; }

debian_machine() {
    local name id abi device modalias
    machine
    while read -r name id abi device modalias; do
        [ -z "$name" ] || driver "$prefix$name"
    done <<<"$providers"
}

test_providers() {
    local name id abi device modalias count=0
    while read -r name id abi device modalias; do
        [ -n "$name" ] || continue
        count=$((count + 1))
        if wanted "by-number/$name"; then
            debian_machine
            by_netlink 4 "$device" uverbs0 "$id" "$abi"
            # Two of them know only the bus, whatever the number.
            case $name in hns | mthca) bus_of "$device" "$modalias" ;; esac
            lists "by-number/$name" "$device" "$(file_of "$name")"
        fi
        # Only the number tells the devices of these two.
        [ "$modalias" != - ] || continue
        if wanted "by-bus/$name"; then
            debian_machine
            by_sysfs "$device" uverbs0 "$abi" "${modalias#name}"
            lists "by-bus/$name" "$device" "$(file_of "$name")"
        fi
    done <<<"$providers"
    [ "$count" = 17 ] || { failed=$((failed + 1)); echo "not ok providers: $count of 17"; }
}

# One machine with a device for each plug-in: all of them in one tree, with these ways to tell them
# apart:
#
#   numbers  netlink lists the devices, each with the number of its driver
#   bus      netlink lists them, but tells the number only of those that the tree does not tell apart
#   sysfs    there is no netlink, only the tree
tree_machine() { # WAY
    local name id abi device modalias number=0
    debian_machine
    while read -r name id abi device modalias; do
        [ -n "$name" ] || continue
        by_sysfs "$device" "uverbs$number" "$abi" "${modalias#[n-]*}"
        [ "$1:$modalias" = bus:- ] || [ "$1" = numbers ] || id=0
        [ "$1" = sysfs ] || by_netlink $((number + 3)) "$device" "uverbs$number" "$id" "$abi"
        number=$((number + 1))
    done <<<"$providers"
    [ "$1" = sysfs ] || rm "$m/way"
}

# What the plug-in of a device knew it by, from a listing.
known_by() { # LISTING DEVICE
    sed -n "/^$2 uverbs/{n;s/^ //p}" "$1"
}

# All 17 plug-ins on one tree, with both libraries, and a table of what they know their devices by.
# The plug-ins mana and siw of release 44 know the number of the kernel's driver and nothing else:
# there is no PCI id, modalias or name in their tables. So netlink has to tell the number, and from
# sysfs alone neither library finds a plug-in for their devices, which is tested too.
test_one_tree() {
    local name id abi device modalias way library which reference by_bus by_number alone
    local count=0 kept=$out/listings
    wanted tree || return 0
    mkdir -p "$kept"
    reference=$(sh "$top/c-tests/diff/reference.sh" "$top/build") || {
        skip reference "no other libibverbs.so.1 here"
        reference=
    }
    for way in numbers bus sysfs; do
        tree_machine $way
        for library in "$lib" $reference; do
            which=theirs
            [ "$library" = "$lib" ] && which=ours
            on "$library" "$out/list" || not_ok "tree/$way" "exit status $? with $library"
            grep -v '^plug-in' "$m/out" >"$kept/$way-$which"
            # The reference has a word for each device that it finds no driver for, ours on request.
            if [ $which = ours ] && [ -s "$m/err" ]; then
                not_ok "tree/$way/silence" "expected no message"
            fi
        done
        [ -n "$reference" ] || continue
        if cmp -s "$kept/$way-theirs" "$kept/$way-ours"; then
            ok "tree/$way/reference"
        else
            diff "$kept/$way-theirs" "$kept/$way-ours" >"$m/out"
            not_ok "tree/$way/reference" "theirs and ours differ"
        fi
    done
    echo "# plug-in    device      in the tree it is known by    where netlink tells all numbers  from sysfs alone"
    while read -r name id abi device modalias; do
        [ -n "$name" ] || continue
        case $modalias in
        pci:*) by_bus="PCI id $(tr A-F a-f <<<"${modalias:9:4}:${modalias:18:4}")" ;;
        name) by_bus="name rdma_device:*N$name*" ;;
        *) by_bus="driver number $id" ;;
        esac
        # Two of them know only the bus, whatever the number.
        by_number="driver number $id"
        case $name in hns | mthca) by_number=$by_bus ;; esac
        alone=yes
        [ "$modalias" != - ] || alone=no
        expected_row "tree/$name/bus" "$kept/bus-ours" "$by_bus"
        expected_row "tree/$name/numbers" "$kept/numbers-ours" "$by_number"
        [ $alone = no ] || expected_row "tree/$name/sysfs" "$kept/sysfs-ours" "$by_bus"
        if [ $alone = no ] && grep -q "^$device " "$kept"/sysfs-*; then
            not_ok "tree/$name/sysfs" "found without the number"
        fi
        [ $alone = yes ] || [ -z "$reference" ] || alone="no, nor with the reference"
        printf '# %-10s %-11s %-29s %-32s %s\n' "$name" "$device" \
            "$(known_by "$kept/bus-ours" "$device" | sed 's/^.* by //')" \
            "$(known_by "$kept/numbers-ours" "$device" | sed 's/^.* by //')" "$alone"
        count=$((count + 1))
    done <<<"$providers"
    [ $count = 17 ] || not_ok tree/rows "$count plug-ins of 17"
}

# The plug-in of this row serves the device, and knows it by this.
expected_row() { # NAME LISTING BY
    local found wanted="lib$name-rdmav34.so by $3"
    found=$(known_by "$2" "$device")
    : >"$m/err"
    if [ "$found" = "$wanted" ]; then
        ok "$1"
    else
        cp "$2" "$m/out"
        not_ok "$1" "$device: '$found', expected '$wanted'"
    fi
}

# A program linked with a provider's library: it has registered before anybody asked.
test_linked() {
    local name id abi device modalias soname
    while read -r name id abi device modalias; do
        case $name in mlx5 | mlx4 | efa | mana) ;; *) continue ;; esac
        wanted "linked/$name" || continue
        soname=$provider_libraries/lib$name.so.1
        debian_machine
        # No plug-in is configured: nothing could be loaded.
        rm "$m"/config/*
        by_netlink 4 "$device" uverbs0 "$id" "$abi"
        linked=$soname
        lists "linked/$name" "$device" "$(basename "$(readlink -f "$soname")")"
        linked=
        # And configured it is the same file, whose constructor does not run twice.
        debian_machine
        by_netlink 4 "$device" uverbs0 "$id" "$abi"
        by_netlink 5 stranger0 uverbs1 99 1
        linked=$soname
        on "$lib" "$out/list"
        linked=
        if [ "$(grep -c uverbs "$m/out")" = 1 ] && [ ! -s "$m/err" ]; then
            ok "linked/$name-configured"
        else
            not_ok "linked/$name-configured" "expected one device and no message"
        fi
    done <<<"$providers"
}

# Programs with the library and a provider in them: its device is served, and no file is loaded.
test_static() {
    local name id abi device modalias archive reference program=list-static
    static() { # PROGRAM FLAG...
        "$cc" -std=gnu11 -O2 -g -Wall -Wextra -Werror -I"$top/include" -o "$out/$1-static" \
            "$here/$1.c" "${@:2}" "$lib/libibverbs.a" -lpthread -ldl >"$m/err" 2>&1 && : >"$m/err"
    }
    if wanted static/toy; then
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        static list && lists static/nothing ""  ""
        IBV_SHOW_WARNINGS=1 complains static/nothing-on-request toy0 uverbs5 RDMA_STATIC_PROVIDERS
        static drive "$here/toy.c" && on "$lib" "$out/drive-static"
        if grep -q '^driven$' "$m/out" && [ ! -s "$m/err" ]; then
            ok static/toy
        else
            not_ok static/toy "expected to be driven, without a message"
        fi
        toy_log static/toy-log "$driven"
    fi
    read -r reference _ < <("$top/c-tests/abi/reference.sh") || {
        skip static "no library and headers of release 44 to be had"
        return
    }
    while read -r name id abi device modalias; do
        [ -n "$name" ] && wanted "static/$name" || continue
        debian_machine
        by_netlink 4 "$device" uverbs0 "$id" "$abi"
        case $name in hns | mthca) bus_of "$device" "$modalias" ;; esac
        archive=$(ls "$(dirname "$reference")/lib$name".a "$(dirname "$reference")/lib$name"-rdmav34.a \
            2>/dev/null)
        if static list "-DRDMA_STATIC_PROVIDERS=$name" -Wl,--push-state,--start-group "$archive" \
            "$lib/libibverbs.a" -Wl,--end-group,--pop-state; then
            lists "static/$name" "$device" ""
        else
            : >"$m/out"
            not_ok "static/$name" "does not link"
        fi
    done <<<"$providers"
}

# --- the toy ---

toy_log() { # NAME EXPECTED
    if diff <(printf '%s\n' "$2") "$m/toy.log" >"$m/out"; then
        ok "$1"
    else
        not_ok "$1" "the plug-in saw something else"
    fi
}

test_toy_matching() {
    local toy=libtoy-rdmav34.so
    if wanted toy/by-number; then
        machine; driver "$out/libtoy"; by_netlink 9 foo0 uverbs5 77 2
        lists toy/by-number foo0 $toy
        toy_log toy/by-number-log "alloc_device foo0 uverbs5 abi 2 index 9 data by number"
    fi
    if wanted toy/by-name; then
        machine; driver "$out/libtoy"; by_sysfs toy7 uverbs5 3
        lists toy/by-name toy7 $toy
        toy_log toy/by-name-log "alloc_device toy7 uverbs5 abi 3 index -1 data by name"
    fi
    if wanted toy/by-modalias; then
        machine; driver "$out/libtoy"; by_sysfs foo0 uverbs5 4 platform:toy3
        lists toy/by-modalias foo0 $toy
        toy_log toy/by-modalias-log "alloc_device foo0 uverbs5 abi 4 index -1 data by modalias"
    fi
    if wanted toy/by-pci; then
        machine; driver "$out/libtoy"
        by_sysfs foo0 uverbs5 4 pci:v0000FADEd00000001sv00000000sd00000000bc02sc00i00
        lists toy/by-pci foo0 $toy
        toy_log toy/by-pci-log "alloc_device foo0 uverbs5 abi 4 index -1 data by pci"
    fi
    if wanted toy/by-its-function; then
        machine; driver "$out/libtoy"; by_netlink 9 taken0 uverbs5 99 2
        lists toy/by-its-function taken0 $toy
        toy_log toy/by-its-function-log "alloc_device taken0 uverbs5 abi 2 index 9 data none"
    fi
    if wanted toy/nested; then
        machine; driver "$out/libNESTED"; by_netlink 9 toy0 uverbs5 77 2
        lists toy/nested toy0 libNESTED-rdmav34.so
        toy_log toy/nested-log "alloc_device toy0 uverbs5 abi 2 index 9 data by number
meanwhile 0 devices"
    fi
}

driven="alloc_device toy0 uverbs5 abi 2 index 9 data by number
alloc_context fd 1 vectors 1
alloc_pd 1 of toy0
reg_mr 4096 bytes, access 1
reg_dmabuf_mr 0, 4096 bytes at 64
dereg_mr 0
create_cq of 16
create_qp of type 2
modify_qp 0
poll_cq of 1
destroy_qp 0
destroy_cq 0
dereg_mr 0
dealloc_pd 0
free_context 1"

test_toy_driven() {
    local library reference=
    wanted toy/driven || return 0
    reference=$(sh "$top/c-tests/diff/reference.sh" "$top/build")
    for library in "$lib" $reference; do
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        on "$library" "$out/drive"
        if grep -q '^driven$' "$m/out" && [ ! -s "$m/err" ]; then
            ok toy/driven
        else
            not_ok toy/driven "on $library: expected to be driven, without a message"
        fi
        toy_log toy/driven-log "$driven"
        # Each command carries the number the plug-in gave for itself.
        if grep -q '^ioctl .* driver 77$' "$m/commands" &&
            ! grep '^ioctl' "$m/commands" | grep -qv ' driver 77$'; then
            ok toy/driver-number
        else
            cp "$m/commands" "$m/out"
            not_ok toy/driver-number "on $library: expected driver 77 in every ioctl"
        fi
    done
}

# both NAME LOG PROGRAM...: with either library the program is driven without a word, and the plug-in
# sees this. The machine is anew each time.
both() {
    local name=$1 log=$2 library
    shift 2
    for library in "$lib" $(sh "$top/c-tests/diff/reference.sh" "$top/build"); do
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        on "$library" "$@"
        if ! grep -q '^driven$' "$m/out" || [ -s "$m/err" ]; then
            not_ok "$name" "on $library: expected to be driven, without a message"
            continue
        fi
        toy_log "$name" "$log"
    done
}

found="alloc_device toy0 uverbs5 abi 2 index 9 data by number"

# The life of a context where something goes otherwise.
test_toy_contexts() {
    if wanted toy/open-refused; then
        # The plug-in gives up: the command descriptor is closed by whoever holds it.
        MACHINE_REFUSES="0 3 12" both toy/open-refused "$found" "$out/drive" refused 12
    fi
    if wanted toy/no-async-events; then
        # What the library does after the plug-in fails: the plug-in's context is freed.
        MACHINE_REFUSES="16 0 13" both toy/no-async-events "$found
alloc_context fd 1 vectors 1
free_context 1" "$out/drive" refused 13
    fi
    if wanted toy/import; then
        both toy/import "$found
import_context fd 1 vectors 1
alloc_pd 1 of toy0
create_cq of 16
destroy_cq 0
dealloc_pd 0
free_context 1" "$out/drive" import
        # The kernel has no ioctl for this: an imported context may not do with an older command.
        MACHINE_REFUSES="3 0 93" both toy/import-needs-ioctl "$found
import_context fd 1 vectors 1
alloc_pd 1 of toy0
dealloc_pd 0
free_context 1" "$out/drive" import 95
        grep -q '^write 18$' "$m/commands" && not_ok toy/import-needs-ioctl "a CQ was written"
        # A context of one's own may.
        MACHINE_REFUSES="3 0 93" both toy/cq-by-write "$driven" "$out/drive"
        grep -q '^write 18$' "$m/commands" || not_ok toy/cq-by-write "no CQ was written"
    fi
    if wanted toy/nested-open; then
        # rdma-core's library does not come back from this: it holds its lock.
        machine; driver "$out/libNESTED"; by_netlink 9 toy0 uverbs5 77 2
        on "$lib" "$out/drive"
        grep -q '^driven$' "$m/out" || not_ok toy/nested-open "expected to be driven"
        toy_log toy/nested-open "$(sed -e '1s/$/\nmeanwhile 0 devices\nmeanwhile 1 devices/' \
            -e 's/^free_context/meanwhile 1 devices\n&/' <<<"$driven")"
    fi
}

# A plug-in may come at any time: here with a library that the program loads after it has listed.
test_late_plugin() {
    local library
    wanted toy/late || return 0
    for library in "$lib" $(sh "$top/c-tests/diff/reference.sh" "$top/build"); do
        machine; by_netlink 9 toy0 uverbs5 77 2
        on "$library" "$out/list" 2 "$out/libtoy-rdmav34.so" <<<""
        if [ "$(sed -nE 's/^([0-9]+) devices$/\1/p; s/^(toy0) .*/\1/p' "$m/out" | xargs)" = "0 toy0 1" ]; then
            ok toy/late
        else
            not_ok toy/late "on $library: expected none, then toy0"
        fi
    done
}

# Within the generation a command has got another argument. It counts with plug-ins that are known
# to pass it, and what others leave in its place is not looked at.
test_toy_releases() {
    local release expected
    for release in 44.0 56.1; do
        wanted "toy/release-$release" || continue
        machine; driver "$out/$release/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        on "$lib" "$out/drive"
        expected="ioctl 7 4 driver 77"
        [ $release = 44.0 ] || expected+=$'\n'"attribute 0x1003: 0x70f"
        if ! grep -q '^driven$' "$m/out"; then
            not_ok "toy/release-$release" "expected to be driven"
        elif [ "$(grep -E '^ioctl 7 4|^attribute' "$m/commands")" != "$expected" ]; then
            cp "$m/commands" "$m/out"
            not_ok "toy/release-$release" "expected '$expected'"
        else
            ok "toy/release-$release"
        fi
    done
}

# --- what can go wrong ---

test_bad_plugins() {
    local bad
    if wanted bad/missing; then
        machine; driver "$out/libnowhere"; by_netlink 9 toy0 uverbs5 77 2
        complains bad/missing toy0 uverbs5 nowhere-rdmav34.so
        machine; by_netlink 9 rxe0 uverbs5 14 2
        complains bad/not-configured rxe0 uverbs5 /etc/libibverbs.d "plug-in rxe"
    fi
    if wanted bad/unreadable; then
        machine; driver "$m/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        mkdir "$m/libtoy-rdmav34.so"
        complains bad/directory toy0 "$m/libtoy-rdmav34.so"
        rmdir "$m/libtoy-rdmav34.so"
        # Root reads everything, so somebody else has to try.
        cp "$out/libtoy-rdmav34.so" "$m" && chmod 0 "$m/libtoy-rdmav34.so"
        if [ "$(id -u)" != 0 ]; then
            complains bad/unreadable toy0 "$m/libtoy-rdmav34.so" denied
        elif setpriv --reuid 65534 --clear-groups test -r "$m/netlink" 2>/dev/null; then
            : >"$m/commands"
            setpriv --reuid 65534 --clear-groups env VERBIUM_NIC=off SYSFS_PATH="$m/sys" \
                MACHINE_NODES="$m/nodes" MACHINE_CONFIG="$m/config" MACHINE_NETLINK="$m/netlink" \
                LD_LIBRARY_PATH="$lib" LD_PRELOAD="$out/machine.so" "$out/list" \
                >"$m/out" 2>"$m/err"
            if [ "$(grep -c denied "$m/err")" = 1 ] && grep -q toy0 "$m/err"; then
                ok bad/unreadable
            else
                not_ok bad/unreadable "expected one line with 'denied'"
            fi
        else
            skip bad/unreadable "another user cannot be taken on, or not reach the build directory"
        fi
    fi
    for bad in 0 40 700 4096 12000; do
        wanted bad/cut-short || break
        machine; driver "$m/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        head -c "$bad" "$out/libtoy-rdmav34.so" >"$m/libtoy-rdmav34.so"
        complains "bad/cut-short-$bad" toy0 "$m/libtoy-rdmav34.so" "cut short"
    done
    if wanted bad/search-path; then
        # A name alone leads to the search path of libraries, in the end.
        machine; driver toy; by_netlink 9 toy0 uverbs5 77 2
        unpacked=$out lists bad/search-path-whole toy0 libtoy-rdmav34.so
        head -c 12000 "$out/libtoy-rdmav34.so" >"$m/libtoy-rdmav34.so"
        unpacked=$m complains bad/search-path toy0 "$m/libtoy-rdmav34.so" "cut short"
    fi
    if wanted bad/garbage; then
        machine; driver "$m/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        seq 100000 >"$m/libtoy-rdmav34.so"
        complains bad/garbage toy0 "$m/libtoy-rdmav34.so"
    fi
    if wanted bad/generation; then
        machine; driver "$out/libFOREIGN"; by_netlink 9 toy0 uverbs5 77 2
        complains bad/generation toy0 "$out/libFOREIGN-rdmav34.so" "interface 99" 34
    fi
    if wanted bad/undefined; then
        machine; driver "$out/libUNDEFINED"; by_netlink 9 toy0 uverbs5 77 2
        complains bad/undefined toy0 libUNDEFINED a_function_that_nobody_has
    fi
    if wanted bad/silent; then
        machine; driver "$out/libSILENT"; by_netlink 9 toy0 uverbs5 77 2
        complains bad/silent toy0 libSILENT "registered no driver"
    fi
    if wanted bad/refuses; then
        machine; driver "$out/libREFUSES"; by_netlink 9 toy0 uverbs5 77 2
        complains bad/refuses toy0 uverbs5 "plug-in toy"
    fi
    if wanted bad/abi; then
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 5
        complains bad/abi-above toy0 uverbs5 "version 5" "plug-in toy" "2 to 4"
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 1
        complains bad/abi-below toy0 uverbs5 "version 1" "plug-in toy" "2 to 4"
    fi
}

test_silence() {
    local bad
    wanted silence || return 0
    # Broken plug-ins of hardware that is not there are nobody's business.
    machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
    for bad in rxe mlx5 siw; do driver "$m/gone/lib$bad"; done
    lists silence/absent-hardware toy0 libtoy-rdmav34.so
    # A device nobody knows is mentioned only on request.
    machine; driver "$out/libtoy"; by_netlink 9 foo0 uverbs5 99 2
    lists silence/stranger "" libtoy-rdmav34.so
    IBV_SHOW_WARNINGS=1 complains silence/stranger-on-request foo0 uverbs5 99
    machine
    lists silence/no-device "" ""
}

test_users_choice() {
    wanted choice || return 0
    machine; by_netlink 9 toy0 uverbs5 77 2
    RDMAV_DRIVERS=$out/libtoy lists choice/rdmav-drivers toy0 libtoy-rdmav34.so
    IBV_DRIVERS=$out/libtoy lists choice/ibv-drivers toy0 libtoy-rdmav34.so
    RDMAV_DRIVERS=$out/libtoy IBV_DRIVERS=$out/libNESTED \
        lists choice/the-first-wins toy0 libtoy-rdmav34.so
    driver "$out/libNESTED"
    RDMAV_DRIVERS=";$out/libtoy:" lists choice/before-the-machines toy0 libtoy-rdmav34.so
    # What the user names and cannot be had is told, even if another plug-in serves.
    RDMAV_DRIVERS=$m/libnowhere on "$lib" "$out/list"
    if grep -q '^toy0 ' "$m/out" && [ "$(wc -l <"$m/err")" = 1 ] && grep -q nowhere "$m/err"; then
        ok choice/nowhere
    else
        not_ok choice/nowhere "expected the device, and one line about the plug-in"
    fi
}

test_kernels() {
    local abi
    for abi in 3 4 5 6; do
        wanted "kernel/uverbs-$abi" || continue
        machine; driver "$out/libtoy"; uverbs_abi=$abi by_sysfs toy0 uverbs5 3
        lists "kernel/uverbs-$abi" toy0 libtoy-rdmav34.so
    done
    for abi in 2 7; do
        wanted "kernel/uverbs-$abi" || continue
        machine; driver "$out/libtoy"; uverbs_abi=$abi by_sysfs toy0 uverbs5 3
        on "$lib" "$out/list"
        if grep -q '^no list: Function not implemented' "$m/out" &&
            [ "$(wc -l <"$m/err")" = 1 ] && grep -q "version $abi .* 3 to 6" "$m/err"; then
            ok "kernel/uverbs-$abi"
        else
            not_ok "kernel/uverbs-$abi" "expected ENOSYS and one line with the numbers"
        fi
    done
    if wanted kernel/no-node; then
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2; rm "$m/nodes/uverbs5"
        by_netlink 10 toy1 uverbs6 77 2
        lists kernel/no-node toy1 libtoy-rdmav34.so
    fi
    if wanted kernel/nothing; then
        machine; echo none >"$m/way"
        on "$lib" "$out/list"
        if grep -q '^no list: Function not implemented' "$m/out" && [ ! -s "$m/err" ]; then
            ok kernel/nothing
        else
            not_ok kernel/nothing "expected ENOSYS in silence"
        fi
        # There the device inside the library steps in, and only there.
        nic=auto on "$lib" "$out/list"
        if grep -q '^verbium0 ' "$m/out"; then ok nic/alone; else not_ok nic/alone "no verbium0"; fi
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        nic=auto lists nic/steps-back toy0 libtoy-rdmav34.so
        nic=on on "$lib" "$out/list"
        if [ "$(sed -n 's/^\([^ ]*\) uverbs.*/\1/p' "$m/out" | xargs)" = "toy0 verbium0" ]; then
            ok nic/after
        else
            not_ok nic/after "expected toy0, then verbium0"
        fi
    fi
}

# Devices come and go between the listings of one process.
test_plugging() {
    local lists
    wanted plug || return 0
    machine; driver "$out/libtoy"
    by_netlink 3 toy0 uverbs0 77 2; by_netlink 4 toy1 uverbs1 77 2
    mkfifo "$m/in"
    (on "$lib" "$out/list" 4 <"$m/in") &
    exec 7>"$m/in"
    # The output goes to a file; a listing has ended when its mark is there.
    next() {
        local tries=0
        until [ "$(cat "$m/out" 2>/dev/null | grep -c '^--$')" -ge "$1" ] || [ $((tries += 1)) -gt 600 ]; do
            sleep 0.05
        done
    }
    next 1; : >"$m/netlink"; by_netlink 4 toy1 uverbs1 77 2; by_netlink 5 toy2 uverbs2 77 2; echo >&7
    next 2; : >"$m/netlink"; by_netlink 4 toy1 uverbs1 77 2; by_netlink 6 toy0 uverbs0 77 2; echo >&7
    next 3; : >"$m/netlink"; echo >&7
    exec 7>&-
    wait
    lists=$(sed -n 's/^\(= \)\?\([^ ]*\) uverbs.* index \([0-9]*\).*/\1\2:\3/p; s/^--$/|/p' "$m/out" | xargs)
    if [ "$lists" = "toy0:3 toy1:4 | = toy1:4 toy2:5 | = toy1:4 toy0:6 |" ]; then
        ok plug/lists
    else
        not_ok plug/lists "saw $lists"
    fi
    # Each device is let go once, when the last list that holds it is freed.
    if [ "$(grep -c '^uninit_device 1$' "$m/toy.log")" = 4 ]; then
        ok plug/uninit
    else
        cp "$m/toy.log" "$m/out"
        not_ok plug/uninit "expected four devices to be let go"
    fi
}

test_memlock() {
    local as=
    wanted memlock || return 0
    machine; driver "$out/libtoy"; by_netlink 3 toy0 uverbs0 77 2
    if [ "$(id -u)" = 0 ]; then
        as="setpriv --reuid 65534 --clear-groups"
        $as test -x "$out/list" 2>/dev/null ||
            { skip memlock "another user cannot be taken on, or not reach the build directory"; return; }
        chmod -R a+rwX "$m"
    fi
    (ulimit -l 32; on "$lib" $as "$out/list")
    if grep -q 'only 32768 bytes may be locked' "$m/err" && [ "$(wc -l <"$m/err")" = 1 ]; then
        ok memlock/tiny
    else
        not_ok memlock/tiny "expected a warning"
    fi
    (ulimit -l 64; on "$lib" $as "$out/list")
    if [ ! -s "$m/err" ]; then ok memlock/enough; else not_ok memlock/enough "expected none"; fi
}

# Neither the library nor the plug-in leaves anything behind or reads what nobody wrote.
test_memory() {
    local program memcheck="valgrind -q --error-exitcode=97 --leak-check=full
        --show-leak-kinds=definite --errors-for-leak-kinds=definite"
    wanted memory || return 0
    command -v valgrind >/dev/null || { skip memory "not installed"; return; }
    for program in list drive; do
        machine; driver "$out/libtoy"; by_netlink 9 toy0 uverbs5 77 2
        if on "$lib" $memcheck "$out/$program" && [ ! -s "$m/err" ]; then
            ok "memory/$program"
        else
            not_ok "memory/$program" "valgrind complains"
        fi
    done
}

build >"$top/build/provider.log" 2>&1 || {
    cat "$top/build/provider.log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}
unpacked= linked= prefix=
if find_providers; then
    test_providers
    test_one_tree
    test_linked
else
    skip providers "Debian's provider plug-ins are not here"
fi
test_static
test_toy_matching
test_toy_driven
test_toy_contexts
test_late_plugin
test_toy_releases
test_bad_plugins
test_silence
test_users_choice
test_kernels
test_plugging
test_memlock
test_memory
[ $unlisted = 0 ] || echo "$unlisted skips are not listed in skips.txt"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $unlisted = 0 ]
