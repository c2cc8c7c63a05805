#!/bin/sh
# Makes the objects that only libibverbs.a has, for programs that are linked with providers.
# usage: members.sh CC TABLE OUTPUT_DIRECTORY RELEASE...
#
# In rdma-core's static archives the names that only the library and its providers know are
# prefixed with the release: libibverbs.a defines rdmacore44_0_verbs_set_ops, and librxe-rdmav34.a
# of the same release asks for it. So for each RELEASE that is served there is an object with these
# names, each a jump to the function. The linker takes it only if a provider asks.
set -eu
cc=$1 table=$2 out=$3
shift 3
here=$(dirname "$0")

rm -rf "$out"
mkdir -p "$out"
for member in none all; do
    "$cc" -std=gnu11 -Wall -Wextra -O2 -fPIC -Iinclude -c -o "$out/providers-$member.o" \
        "$here/$member.c"
done

case $("$cc" -dumpmachine) in
x86_64-*) jump=jmp ;;
aarch64-*) jump=b ;;
*) exit 0 ;;
esac
# What providers take of libibverbs.a besides: src/api/private/archive.
helpers="bitmap_fill_region bitmap_find_first_bit bitmap_find_free_region bitmap_zero_region
    cl_qmap_get cl_qmap_init cl_qmap_insert cl_qmap_remove_item get_random
    iset_alloc_range iset_create iset_destroy iset_insert_range xorshift32"

for release in "$@"; do
    prefix=rdmacore$(printf %s "$release" | tr -c 'A-Za-z0-9_' _)_
    # One of them got another parameter.
    changed=
    [ "${release%%.*}" -lt 47 ] || changed=_47
    # The only datum is a byte. A provider reads it where we do, so that it has to be defined here
    # under both names: the definition in our own object is weak in the archive and gives way.
    awk -F'\t' -v jump="$jump" -v prefix="$prefix" -v helpers="$helpers" \
        -v changed="$changed" '
        function open(section, kind, name) {
            print "\t.section " section "." name "\n\t.globl " prefix name
            print "\t.type " prefix name ", %" kind "\n" prefix name ":"
        }
        function call(name, target) {
            open(".text", "function", name)
            print "\t" jump " " target "\n\t.size " prefix name ", . - " prefix name
        }
        $2 != "IBVERBS_PRIVATE_34" { next }
        $4 == "func" { call($1, $1) }
        $4 == "object" {
            open(".bss", "object", $1)
            print "\t.globl " $1 "\n\t.type " $1 ", %object\n" $1 ":\n\t.zero 1"
            print "\t.size " $1 ", 1\n\t.size " prefix $1 ", 1"
        }
        END {
            count = split(helpers, name, /[ \n]+/)
            for (at = 1; at <= count; at++) {
                suffix = name[at] == "iset_alloc_range" ? changed : ""
                call(name[at], "verbium_archive_" name[at] suffix)
            }
            print "\t.section .note.GNU-stack,\"\",%progbits"
        }' "$table" >"$out/$prefix.s"
    "$cc" -c -o "$out/names-$release.o" "$out/$prefix.s"
done
