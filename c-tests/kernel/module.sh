#!/bin/bash
# Builds plug/verbium_plug.c for a kernel: module.sh KERNEL-DIRECTORY OUTPUT
#
# KERNEL-DIRECTORY is what fetch.sh printed, headers included. Called by run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernel=$(cd "$1" && pwd)
output=$(realpath -m "$2")

source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
cp "$here/plug/verbium_plug.c" "$source/"
echo 'obj-m := verbium_plug.o' >"$source/Makefile"
make -s -C "$kernel"/usr/src/linux-headers-*-amd64 CC="${CC:-cc}" M="$source" modules
strip --strip-debug -o "$output" "$source/verbium_plug.ko"
