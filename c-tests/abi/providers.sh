#!/bin/bash
# A program that is linked with the library and with providers of rdma-core, all statically: the
# archives of release 44, as its package has them. The providers it names (RDMA_STATIC_PROVIDERS)
# and no others register; each name they want of the library is there.
# usage: providers.sh ARCHIVE TABLE REFERENCE [RELEASE]
#
# That such providers serve a device is shown by c-tests/provider/run.sh.
set -u
archive=$1 table=$2 release=${4:-44.0}
mangled=rdmacore${release/./_}_
theirs=$(dirname "$3")
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

result() { # STATUS NAME
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok abi/providers/$2"
        head -n 20 "$work/out"
    fi
    return "$1"
}
symbols() { nm "$@" 2>/dev/null; }

# The providers by the names of their archives, which are those that programs give.
providers=
for file in "$theirs"/lib*.a; do
    name=$(basename "$file" .a)
    [ "$name" = libibverbs ] && continue
    name=${name#lib}
    providers="$providers ${name%-rdmav*}"
done
archives=$(find "$theirs" -name 'lib*.a' ! -name libibverbs.a | sort | xargs)
set -- $providers
[ $# -gt 10 ]
result $? "$# archives"

# --- names -----------------------------------------------------------------------------------

symbols --defined-only "$archive" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u >"$work/have"
# shellcheck disable=SC2086  # words
symbols -u $archives | awk -v mangled="$mangled" '$2 ~ "^" mangled { print $2 }' | sort -u >"$work/wanted"
# shellcheck disable=SC2086
symbols --defined-only $archives | awk 'NF == 3 { print $3 }' | sort -u >"$work/own"
comm -23 "$work/wanted" "$work/own" | comm -23 - "$work/have" >"$work/out"
result "$(wc -l <"$work/out")" "names that providers want"
awk -F'\t' -v mangled="$mangled" '$2 == "IBVERBS_PRIVATE_34" && $4 != "node" { print mangled $1 }' \
    "$table" | sort | comm -23 - "$work/have" >"$work/out"
result "$(wc -l <"$work/out")" "private names of release $release"
# `all` refers to those that there are archives of.
symbols -A "$archive" | awk '/providers-all.o:.* U verbs_provider_/ { print $NF }' | sort >"$work/all"
printf 'verbs_provider_%s\n' $providers | sort | diff - "$work/all" >"$work/out"
result $? "the providers of all"

# --- programs --------------------------------------------------------------------------------

how=-static
if ! echo 'int main(void) { return 0; }' | "${CC:-cc}" -x c -static -o "$work/try" - 2>/dev/null; then
    echo "skip abi/providers/static: no static C library"
    skipped=$((skipped + 1)) how=
fi

register=${mangled}verbs_register_driver_34
program() { # NAMES LINKER-ARGUMENT... into $work/program
    local names=$1
    shift
    [ "$names" = all ] && set -- -DALL "$@"
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror -Iinclude "-DREGISTER=$register" \
        ${names:+"-DRDMA_STATIC_PROVIDERS=$names"} -o "$work/program" "$here/providers.c" \
        "-Wl,--wrap=$register" "$@" >"$work/out" 2>&1
}
# `registers NAMES COUNT`: a program that names these has so many drivers, and no others. What the
# linker says of a static program's getaddrinfo and dlopen is no error.
registers() {
    local said="$2 named registered, 0 others"
    # shellcheck disable=SC2086
    program "$1" $how -Wl,--start-group "$archive" $archives -Wl,--end-group -lpthread -ldl
    result $? "$1 links" || return
    VERBIUM_NIC=on timeout 60 "$work/program" >"$work/out" 2>&1
    result $? "$1 runs"
    [ -n "$1" ] || said="0 registered"
    grep -qx "$said" "$work/out" && grep -qx "device verbium0" "$work/out"
    result $? "$1: $said"
}

registers "" 0
! symbols "$work/program" | grep " $mangled" >"$work/out"
result $? "nothing of providers in a program that names none"
registers none 0
for name in $providers; do registers "$name" 1; done
registers rxe,siw,mlx4 3
registers all $#
# The byte that providers read is the one the library writes.
symbols "$work/program" | awk '/verbs_allow_disassociate_destroy$/ { print $1 }' | sort -u >"$work/out"
[ "$(wc -l <"$work/out")" = 1 ]
result $? "one verbs_allow_disassociate_destroy"

# The shared library has none of it, as rdma-core's: to name providers there does not link.
for library in "$(dirname "$archive")/libibverbs.so" "$theirs/libibverbs.so.1"; do
    ! program none "$library" -Wl,--allow-shlib-undefined && grep -q ibv_static_providers "$work/out"
    result $? "none does not link with $(basename "$library")"
done

# What pkg-config says for a static program is enough.
if command -v pkg-config >/dev/null; then
    for way in ${how:+-static -static-pie}; do
        make --no-print-directory install DESTDIR="$work/root" PREFIX=/usr/local >"$work/out" 2>&1 &&
            # shellcheck disable=SC2046  # words
            program none "$way" $(PKG_CONFIG_PATH=$work/root/usr/local/lib/pkgconfig \
                PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config --static --cflags --libs libibverbs)
        result $? "pkg-config --static and $way link"
        VERBIUM_NIC=on timeout 60 "$work/program" >"$work/out" 2>&1
        result $? "pkg-config --static and $way run"
    done
else
    echo "skip abi/providers/pkg-config: not installed"
    skipped=$((skipped + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
