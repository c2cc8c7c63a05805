#!/bin/bash
# Sees to it that the programs of one job are there: setup.sh demo|test|bench|kernel
#
# Called by the Makefile before the demo, the tests and the benchmark; by hand it is harmless. As
# root it installs Debian packages with apt-get. Anyone else, or root where installing fails, gets
# the same packages downloaded and unpacked under build/deb, with the libraries they depend on.
# It never writes anywhere else, and never touches a package that is already there.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
deb=$top/build/deb
say() { echo "setup: $*"; }

# What a job looks for (a program, a header when it starts with "<", a file when it starts with
# "/", which may be a pattern) and the package it is in.
wants_demo="ibv_devices=ibverbs-utils ibv_rc_pingpong=ibverbs-utils ib_send_bw=perftest
    ip=iproute2 setpriv=util-linux unshare=util-linux"
wants_test="cc=gcc c++=g++ make=make objdump=binutils valgrind=valgrind pkg-config=pkg-config python3=python3
    clang=clang abidiff=abigail-tools autoreconf=autoconf automake=automake libtoolize=libtool xz=xz-utils
    /usr/lib/*/libclang-[0-9]*.so.*=libclang1 /usr/lib/*/librdmacm.so.1=librdmacm1
    /usr/lib/*/libibverbs/librxe-rdmav34.so=ibverbs-providers /usr/lib/*/ucx/libuct_ib.so.*=libucx0
    /usr/lib/*/libfabric.so.1=libfabric1 /usr/bin/python3=python3
    /usr/lib/python3/dist-packages/pyverbs/__init__.py=python3-pyverbs $wants_demo"
wants_bench="cc=gcc python3=python3 ucx_perftest=ucx-utils <rdma/fabric.h=libfabric-dev $wants_demo"
wants_kernel="cc=gcc strip=binutils qemu-system-x86_64=qemu-system-x86 busybox=busybox-static
    modprobe=kmod cpio=cpio rdma=iproute2 ss=iproute2 strace=strace valgrind=valgrind
    python3=python3 /usr/bin/python3=python3
    /usr/lib/x86_64-linux-gnu/libibverbs/librxe-rdmav34.so=ibverbs-providers
    /usr/lib/python3/dist-packages/pyverbs/__init__.py=python3-pyverbs
    /usr/share/doc/rdma-core/tests/run_tests.py=rdma-core $wants_demo"

case ${1:-} in
    demo) wants=$wants_demo ;;
    test) wants=$wants_test ;;
    bench) wants=$wants_bench ;;
    kernel) wants=$wants_kernel ;;
    *) echo "usage: setup.sh demo|test|bench|kernel" >&2; exit 2 ;;
esac

PATH=$deb/wrapped:$PATH:/usr/sbin:/sbin:$deb/usr/bin:$deb/usr/sbin:$deb/bin:$deb/sbin

is_there() {
    case $1 in
        "<"*) [ -e "/usr/include/${1#<}" ] || [ -e "$deb/usr/include/${1#<}" ] ;;
        # shellcheck disable=SC2086  # a pattern
        /*) ls $1 >/dev/null 2>&1 || ls "$deb"$1 >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Sets `missing` (what was looked for) and `packages` (what to fetch, each once).
look() {
    missing= packages=
    local want thing package
    for want in $wants; do
        thing=${want%=*} package=${want#*=}
        is_there "$thing" && continue
        missing="$missing ${thing#<}"
        case " $packages " in *" $package "*) ;; *) packages="$packages $package" ;; esac
    done
}

install_as_root() {
    say "installing with apt-get:$packages"
    local quiet="-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # both are lists of words
    timeout 900 apt-get $quiet update >"$log" 2>&1
    # shellcheck disable=SC2086
    timeout 900 apt-get $quiet install -y --no-install-recommends $packages >>"$log" 2>&1
}

# A simulated installation names every package that is absent, dependencies included. What was
# asked for may be installed without the file in question: some images leave documentation out.
simulate() {
    local names
    # shellcheck disable=SC2086  # lists of words
    names=$(timeout 120 apt-get $apt_options -s install --no-install-recommends $packages 2>>"$log") ||
        return
    # shellcheck disable=SC2086
    { printf '%s\n' "$names" | sed -n 's/^Inst \([^ ]*\) .*/\1/p'; printf '%s\n' $packages; } | sort -u
}

unpack_under_build() {
    say "may not install here: downloading and unpacking under build/deb:$packages"
    local names name
    mkdir -p "$deb/apt/lists/partial" "$deb/apt/cache/archives/partial" "$deb/files"
    # The system's package lists serve if there are any; else a private copy is fetched.
    local apt_options="-o Dir::Cache=$deb/apt/cache -o Debug::NoLocking=1 -o APT::Sandbox::User="
    names=$(simulate)
    if [ -z "$names" ]; then
        apt_options="$apt_options -o Dir::State=$deb/apt -o Dir::State::status=/var/lib/dpkg/status"
        # shellcheck disable=SC2086
        timeout 900 apt-get -qq $apt_options update >>"$log" 2>&1 || return 1
        names=$(simulate)
    fi
    [ -n "$names" ] || return 1
    # shellcheck disable=SC2086
    (cd "$deb/files" && timeout 900 apt-get -qq $apt_options download $names) >>"$log" 2>&1 ||
        return 1
    for name in "$deb"/files/*.deb; do
        dpkg -x "$name" "$deb" >>"$log" 2>&1 || return 1
    done
    # Programs with libraries of their own find them only with help.
    mkdir -p "$deb/wrapped"
    for name in clang clang++ abidiff; do
        [ -x "$deb/usr/bin/$name" ] || continue
        cat >"$deb/wrapped/$name" <<SH
#!/bin/sh
libraries=\$(echo "$deb"/usr/lib/*-linux-gnu*)
LD_LIBRARY_PATH=\${LD_LIBRARY_PATH:+\$LD_LIBRARY_PATH:}\$libraries exec "$deb/usr/bin/$name" "\$@"
SH
        chmod +x "$deb/wrapped/$name"
    done
}

look
[ -z "$packages" ] && exit 0
mkdir -p "$top/build"
log=$top/build/setup.log
: >"$log"
if ! command -v apt-get >/dev/null 2>&1; then
    say "not found:$missing; there is no apt-get here, please install what holds them"
    say "(on Debian and Ubuntu:$packages)"
    exit 1
fi
if [ "$(id -u)" = 0 ] && [ "${SETUP_NO_INSTALL:-}" = "" ]; then
    install_as_root || say "apt-get could not install them (see build/setup.log)"
    look
fi
if [ -n "$packages" ]; then
    unpack_under_build || say "the download failed (see build/setup.log)"
    look
fi
if [ -n "$missing" ]; then
    tail -n 3 "$log" | sed 's/^/setup: | /'
    say "still not found:$missing; please install:$packages"
    exit 1
fi
