#!/bin/bash
# Installs into a directory under build/, builds a program against what is there, and takes it all
# away again. Called by `make test` as its part "install"; needs cc, and pkg-config if there is one.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
root=$top/build/install
libdir=/opt/verbium/lib64
passed=0 failed=0

ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }
judge() {  # NAME WHAT-WENT-WRONG COMMAND...
    local name=$1 wrong=$2
    shift 2
    if "$@" >"$root.log" 2>&1; then ok "$name"; else not_ok "$name" "$wrong, see build/install.log"; fi
}
install_it() {
    make --no-print-directory "$1" DESTDIR="$root" PREFIX=/opt/verbium LIBDIR=$libdir
}

rm -rf "$root"
judge install "make install failed" install_it install
for file in libibverbs.so.1.18.65.0 libibverbs.so.1 libibverbs.so libibverbs.a \
    pkgconfig/libibverbs.pc; do
    judge "install/$file" "it is not there" test -e "$root$libdir/$file"
done
judge install/pc-libdir "the .pc file names another libdir" \
    grep -qx "libdir=$libdir" "$root$libdir/pkgconfig/libibverbs.pc"
judge install/headers "verbs.h is not there" \
    test -e "$root/opt/verbium/include/infiniband/verbs.h"

# A program of one's own, by way of pkg-config where it is to be had.
cat >"$root.c" <<'C'
#include <infiniband/verbs.h>
#include <stdio.h>
int main(void)
{
	int count = 0;
	struct ibv_device **list = ibv_get_device_list(&count);
	if (!list || count < 1)
		return 1;
	for (int i = 0; i < count; i++)
		puts(ibv_get_device_name(list[i]));
	ibv_free_device_list(list);
	return 0;
}
C
flags="-I$root/opt/verbium/include -L$root$libdir -libverbs"
if command -v pkg-config >/dev/null 2>&1; then
    flags=$(PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root$libdir/pkgconfig \
        pkg-config --cflags --libs libibverbs) || not_ok install/pkg-config "no flags"
fi
# shellcheck disable=SC2086  # flags are words
judge install/build "a program does not build" cc -Wall -Werror -o "$root.program" "$root.c" $flags
judge install/run "it lists no device" \
    env VERBIUM_NIC=on LD_LIBRARY_PATH="$root$libdir" "$root.program"
# The same with our archive inside the program.
# shellcheck disable=SC2086
judge install/static "a program does not link with libibverbs.a" \
    cc -Wall -Werror -o "$root.program" "$root.c" ${flags%-libverbs*} \
    "$root$libdir/libibverbs.a" -lgcc_s -lpthread -ldl
judge install/static-run "it lists no device" env VERBIUM_NIC=on "$root.program"

judge uninstall "make uninstall failed" install_it uninstall
left=$(find "$root" -not -type d 2>/dev/null | head -n 1)
judge uninstall/nothing-left "it left ${left#"$root"}" test -z "$left"
rm -rf "$root"

echo "install: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
