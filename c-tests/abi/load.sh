#!/bin/sh
# Loads what was built against rdma-core's library with ours in its place, all names bound at once,
# and links a program with ours.
# usage: load.sh DIRECTORY_OF_OUR_LIBRARY
set -eu
dir=$(cd "$1" && pwd)
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

result() { # result STATUS WHAT
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok abi/load/$2"
        cat "$work/out"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "skip abi/load/$1"
}

"${CC:-cc}" -Wall -Wextra -Werror -o "$work/load" "$here/load.c" -ldl
deb=$(cd "$here/../.." && pwd)/build/deb
more=
for folder in "$deb"/usr/lib/*-linux-gnu; do
    [ -d "$folder" ] && more=$more:$folder
done
on_ours() { LD_LIBRARY_PATH=$dir$more LD_BIND_NOW=1 "$@" > "$work/out" 2>&1; }

# Plug-ins of the node we serve, the libraries on top of verbs, and the modules of UCX. Each that is
# there must load, with every name bound, and with our library and no other.
loads() { # NAME FILE...
    what=$1 found=0
    shift
    for library in "$@"; do
        [ -e "$library" ] || continue
        found=1 status=0
        on_ours "$work/load" "$library" "$dir" || status=$?
        result "$status" "$library"
    done
    [ "$found" -eq 1 ] || skip "$what: not installed"
}
loads plug-ins /usr/lib/*/libibverbs/*-rdmav34.so /usr/lib64/libibverbs/*-rdmav34.so \
    "$deb"/usr/lib/*/libibverbs/*-rdmav34.so
for library in librdmacm.so.1 libmlx5.so.1 libefa.so.1 libfabric.so.1; do
    loads $library /usr/lib/*/$library /usr/lib64/$library "$deb"/usr/lib/*/$library
done
loads ucx /usr/lib/*/ucx/libuct_ib.so.? /usr/lib/*/ucx/libuct_rdmacm.so.? \
    "$deb"/usr/lib/*/ucx/libuct_ib.so.? "$deb"/usr/lib/*/ucx/libuct_rdmacm.so.?

# Every module of pyverbs, by the Python that it was made for.
modules=
for folder in "$deb/usr/lib/python3/dist-packages" /usr/lib/python3/dist-packages; do
    [ -d "$folder/pyverbs" ] && modules=$folder
done
if [ -z "$modules" ] || [ ! -x /usr/bin/python3 ]; then
    skip "pyverbs: not installed"
else
    for module in "$modules"/pyverbs/*.so "$modules"/pyverbs/providers/*/*.so; do
        [ -e "$module" ] || continue
        name=${module#"$modules/"}
        name=$(echo "${name%%.*}" | tr / .)
        status=0
        PYTHONPATH=$modules on_ours /usr/bin/python3 -B -c "
import importlib, os, pyverbs.device
importlib.import_module('$name')
paths = {line.split()[-1] for line in open('/proc/self/maps') if '/libibverbs.so' in line}
assert paths == {os.path.realpath('$dir/libibverbs.so.1')}, paths" || status=$?
        result "$status" "$name"
    done
fi

# Programs: the dynamic linker alone tells whether every name is there.
for program in ibv_devices ibv_devinfo ibv_rc_pingpong ib_write_bw ib_send_lat; do
    path=$(command -v "$program" || true)
    if [ -z "$path" ]; then
        skip "$program: not installed"
        continue
    fi
    status=0
    LD_LIBRARY_PATH=$dir LD_BIND_NOW=1 ldd -r "$path" > "$work/out" 2>&1 || status=$?
    if grep -Eq 'not found|undefined symbol' "$work/out"; then status=1; fi
    grep -q "$dir/libibverbs.so.1" "$work/out" || status=1
    result "$status" "$program"
done

# A driver of somebody outside, on our headers: it builds for each generation, and loads where the
# library has the generation.
generation_by_default=$(echo IBVERBS_PABI_VERSION |
    "${CC:-cc}" -E -P -I"$here/../../include" -include infiniband/driver.h - | tail -n 1)
for generation in 34 65; do
    node=IBVERBS_PRIVATE_$generation
    for compiler in "${CC:-cc}" clang; do
        command -v "$compiler" > /dev/null || { skip "driver/$compiler: not installed"; continue; }
        status=0
        "$compiler" -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -DIBVERBS_PABI_VERSION=$generation \
            -I"$here/../../include" -c -o "$work/driver.o" "$here/driver.c" \
            > "$work/out" 2>&1 || status=$?
        result "$status" "driver of generation $generation, $compiler"
    done
    if ! objdump -T "$dir/libibverbs.so.1" | grep -q " $node *$node\$"; then
        status=0
        [ "$generation" != "$generation_by_default" ] || status=1
        result "$status" "driver of generation $generation is the default, and the library has no $node"
        continue
    fi
    status=0
    "${CC:-cc}" -shared -o "$work/driver.so" "$work/driver.o" -L"$dir" -libverbs -Wl,-z,defs \
        > "$work/out" 2>&1 || status=$?
    [ "$status" -ne 0 ] ||
        on_ours "$work/load" "$work/driver.so" "$dir" || status=$?
    result "$status" "driver of generation $generation loads"
done

# A program without headers of anybody.
cat > "$work/user.c" <<'C'
#include <errno.h>
#include <stdio.h>
void **ibv_get_device_list(int *);
void ibv_free_device_list(void **);
const char *ibv_wc_status_str(int);
int main(void)
{
    int count = -1;
    void **list = ibv_get_device_list(&count);
    printf("%d %s\n", count, ibv_wc_status_str(0));
    if (!list)
        return errno != ENOSYS;
    ibv_free_device_list(list);
    return 0;
}
C
status=0
"${CC:-cc}" -o "$work/user" "$work/user.c" -L"$dir" -libverbs > "$work/out" 2>&1 || status=$?
for nic in off auto; do
    if [ "$status" -eq 0 ]; then
        VERBIUM_NIC=$nic LD_LIBRARY_PATH=$dir "$work/user" > "$work/out" 2>&1 || status=$?
    fi
    result "$status" "program, VERBIUM_NIC=$nic"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
