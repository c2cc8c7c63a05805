#!/bin/sh
# Makes the link-time stand-ins of the C library's old part libraries.
# usage: stub.sh CC TABLE OUTPUT_DIRECTORY LIBRARY
#
# The shared library is to run with glibc 2.31, whatever it is linked on. A stand-in has the
# soname, the names and the versions of the old library and no code at all; the running system
# supplies the real one (since glibc 2.34 an empty library, with the names in libc.so.6).
set -eu
cc=$1 table=$2 out=$3 library=$4
base=$out/${library%%.so*}

awk -v library="$library" '$1 == library {
        print ".globl " $3 "\n.type " $3 ",@function\n" $3 ":"
    }
    END { print ".section .note.GNU-stack,\"\",@progbits" }' "$table" > "$base.s"
awk -v library="$library" '$1 == library { names[$2] = names[$2] " " $3 ";" }
    END { for (version in names) print version " {" names[version] " };" }' "$table" > "$base.map"
"$cc" -shared -nostdlib -o "$base.so" -Wl,-soname,"$library" -Wl,--version-script="$base.map" \
    "$base.s"
