#!/bin/bash
# Makes what a guest starts from: initramfs.sh KERNEL-DIRECTORY OUTPUT
#
# KERNEL-DIRECTORY is what fetch.sh printed. The archive holds busybox, c-tests/kernel/init and the
# modules below with all they depend on. Called by run, which makes it anew when any of that changed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernel=$(cd "$1" && pwd)
output=$(realpath -m "$2")

# The file system of the host, the RDMA core and its software device, the network it runs on, and
# the checksums that device asks the kernel for by name.
modules="virtio_pci 9p 9pnet_virtio overlay ib_uverbs ib_umad rdma_cm rdma_ucm rdma_rxe veth dummy
    sch_netem crc32_generic crc32c_generic crc32_pclmul crc32c_intel"

base=$kernel/lib/modules
[ -d "$base" ] || base=$kernel/usr/lib/modules
version=$(ls "$base")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,sbin,proc,sys,dev,lib/modules/"$version"}

cp "$(command -v busybox)" "$tree/bin/busybox"
for name in sh mount mkdir cp modprobe chroot poweroff ls; do
    ln -s busybox "$tree/bin/$name"
done
ln -s ../bin/busybox "$tree/sbin/modprobe"  # where the kernel itself looks for it
cp "$here/init" "$tree/init"
chmod 755 "$tree/init"

depmod -b "${base%/lib/modules}" "$version"
cd "$base/$version"
cp modules.order modules.builtin modules.builtin.modinfo "$tree/lib/modules/$version/"
for name in $modules; do
    # A name that is built in, or that this kernel lacks, yields no file.
    modprobe -d "${base%/lib/modules}" -S "$version" --show-depends "$name" 2>/dev/null |
        sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | sort -u | while read -r file; do
    file=${file#"$base/$version/"}
    install -D -m 644 "$file" "$tree/lib/modules/$version/$file"
    case $file in *.xz) busybox unxz "$tree/lib/modules/$version/$file" ;; esac
done
depmod -b "$tree" "$version"

cd "$tree"
find . | cpio --quiet -o -H newc | gzip -1 >"$output.new"
mv "$output.new" "$output"
