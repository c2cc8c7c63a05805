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
    "$root$libdir/libibverbs.a" -lpthread -ldl
judge install/static-run "it lists no device" env VERBIUM_NIC=on "$root.program"

judge uninstall "make uninstall failed" install_it uninstall
left=$(find "$root" -mindepth 1 2>/dev/null | head -n 1)
judge uninstall/nothing-left "it left ${left#"$root"}" test -z "$left"

# Over somebody else's files: they come back as they were, in each of these histories.
elsewhere=$root$libdir
theirs() {
    mkdir -p "$elsewhere/pkgconfig" "$root/opt/verbium/include/infiniband"
    echo "their library" >"$elsewhere/libibverbs.so.1.14.44.0"
    echo "their library of our name" >"$elsewhere/libibverbs.so.1.18.65.0"
    ln -sf libibverbs.so.1.14.44.0 "$elsewhere/libibverbs.so.1"
    ln -sf libibverbs.so.1 "$elsewhere/libibverbs.so"
    echo "their .pc" >"$elsewhere/pkgconfig/libibverbs.pc"
    echo "their header" >"$root/opt/verbium/include/infiniband/verbs.h"
    echo "umad" >"$root/opt/verbium/include/infiniband/umad.h"
    chmod 640 "$root/opt/verbium/include/infiniband/verbs.h"
    find "$root" -exec touch -h -d "2001-02-03 04:05" {} +
}
listing() {  # names, kinds, modes, dates of files, targets; then sums
    (cd "$root" && find . -type d -printf '%p %m\n' -o -printf '%p %y %m %s %t %l\n' | sort &&
        find . -type f -exec sha256sum {} + | sort)
}
over() {  # NAME COMMAND-BETWEEN
    rm -rf "$root"
    theirs
    local before after
    before=$(listing)
    judge "over/$1/install" "make install failed" install_it install
    judge "over/$1/link" "the link does not lead to ours" cmp -s \
        "$elsewhere/libibverbs.so.1" build/lib/libibverbs.so.1
    [ -z "${2:-}" ] || before=$($2)
    judge "over/$1/uninstall" "make uninstall failed" install_it uninstall
    after=$(listing)
    if [ "$before" = "$after" ]; then
        ok "over/$1/as-before"
    else
        not_ok "over/$1/as-before" "$(diff <(echo "$before") <(echo "$after") | sed -n 2,3p)"
    fi
}
again() {
    local before
    before=$(rm -rf "$root.kept" && mv "$root" "$root.kept" && theirs && listing)
    rm -rf "$root" && mv "$root.kept" "$root" && install_it install >/dev/null 2>&1
    echo "$before"
}
over once
over twice again

# Their package is upgraded over ours: it brings another library and another header, and ldconfig
# turns the link to the newest of the name, which is ours. What is theirs now stays theirs.
rm -rf "$root"
theirs
rm "$elsewhere/libibverbs.so.1.18.65.0"
judge over/upgrade/install "make install failed" install_it install
rm "$elsewhere/libibverbs.so.1.14.44.0"
echo "their next library" >"$elsewhere/libibverbs.so.1.15.50.0"
echo "their next header" >"$root/opt/verbium/include/infiniband/verbs.h"
judge over/upgrade/uninstall "make uninstall failed" install_it uninstall
judge over/upgrade/link "the link does not lead to their library" \
    test "$(readlink "$elsewhere/libibverbs.so.1")" = libibverbs.so.1.15.50.0
judge over/upgrade/header "their header is gone" \
    grep -qx "their next header" "$root/opt/verbium/include/infiniband/verbs.h"
judge over/upgrade/pc "their .pc file did not come back" \
    grep -qx "their .pc" "$elsewhere/pkgconfig/libibverbs.pc"
judge over/upgrade/ours "our library stayed" test ! -e "$elsewhere/libibverbs.so.1.18.65.0"
rm -rf "$root" "$root.kept"

echo "install: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
