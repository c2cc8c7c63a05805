#!/bin/bash
# Boots a kernel under emulation: boot.sh KERNEL-DIRECTORY INITRAMFS OUT SECONDS
#
# No KVM, no root, no network: QEMU translates every instruction. The guest reads this machine's
# files, writes only to OUT, whose job.sh it runs, and is ended after SECONDS. The console goes to
# OUT/console. Called by run.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=$1 initramfs=$2 out=$3 seconds=$4
qemu=qemu-system-x86_64
extra=()
if ! command -v $qemu >/dev/null 2>&1; then
    deb=$top/build/deb
    qemu=$deb/usr/bin/$qemu
    extra=(-L "$deb/usr/share/qemu" -L "$deb/usr/share/seabios" -L "$deb/usr/lib/ipxe/qemu")
    for dir in "$deb"/usr/lib/*-linux-gnu "$deb"/lib/*-linux-gnu; do
        [ -d "$dir" ] && LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$dir
    done
    export LD_LIBRARY_PATH
fi

share="security_model=none,multidevs=remap"
# Comma separates options: in a path it is written twice.
exec timeout -k 5 "$seconds" "$qemu" "${extra[@]}" \
    -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -nic none -no-reboot \
    -display none -monitor none -serial "file:${out//,/,,}/console" \
    -kernel "$(ls "$kernel"/boot/vmlinuz-*)" -initrd "$initramfs" \
    -append "console=ttyS0 quiet panic=-1" \
    -fsdev "local,id=root,path=/,readonly=on,$share" \
    -device virtio-9p-pci,fsdev=root,mount_tag=root \
    -fsdev "local,id=out,path=${out//,/,,},$share" \
    -device virtio-9p-pci,fsdev=out,mount_tag=out </dev/null
