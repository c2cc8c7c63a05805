# Sourced by run.sh: two Rust crates whose bindings are made from our headers by bindgen.
#
# The projects under rust/ are copied and built under build/, so that nothing is written here. Both
# use one directory of results, as most of what they compile is the same. libclang.so is Debian's;
# what it needs of a compiler's own headers are gcc's.

rust=$work/rust

crates() {
    local began=$SECONDS clang
    clang=$(find_libclang)
    if [ -z "$clang" ]; then
        skip rust/libclang "no libclang here"
        return
    fi
    export LIBCLANG_PATH=${clang%/*} CARGO_TARGET_DIR=$rust/target
    export BINDGEN_EXTRA_CLANG_ARGS="$include_flags -isystem $("${CC:-gcc}" -print-file-name=include)"
    rm -rf "$rust/rdma-sys" "$rust/ibverbs-sys" "$rust/pkgconfig"
    mkdir -p "$rust/pkgconfig"
    cp -a "$here/rust/." "$rust/"
    [ -d "$top/build/deb" ] && extra_libs=$(printf '%s:' "$top"/build/deb/usr/lib/*-linux-gnu)

    judge rdma-sys/build build_rdma_sys &&
        prove_bindings rdma-sys "$rust/rdma-sys-header.c" &&
        judge rdma-sys/loopback on_ours "$rust/target/debug/loopback"
    judge ibverbs-sys/build build_ibverbs_sys &&
        prove_bindings ibverbs-sys "$rust/ibverbs-sys-header.c" &&
        judge ibverbs-sys/devices on_ours "$rust/target/debug/devices"
    extra_libs=
    echo "# rust: $((SECONDS - began)) s"
}

find_libclang() {
    ls -d /usr/lib/*/libclang-[0-9]*.so.* /usr/lib/llvm-*/lib/libclang.so* \
        "$top"/build/deb/usr/lib/*/libclang-[0-9]*.so.* 2>/dev/null | head -n 1
}

# Exactly the versions of Cargo.lock, whose sums cargo verifies. A network may have a bad moment.
cargo_fetch() {
    local tries
    for tries in 1 2 3; do
        ${CARGO:-cargo} fetch --locked && return
        sleep $((tries * 5))
    done
    return 1
}

with_libclang() {
    LD_LIBRARY_PATH=$extra_libs "$@"
}

# This crate asks pkg-config for both libraries.
build_rdma_sys() {
    cd "$rust/rdma-sys" && cargo_fetch || return 1
    sed -e "s|^libdir=.*|libdir=$dev/usr/lib/$multiarch|" \
        -e "s|^includedir=.*|includedir=$dev/usr/include|" \
        -e 's|^Requires.private:.*|Requires.private: libibverbs|' \
        "$dev/usr/lib/$multiarch/pkgconfig/librdmacm.pc" >"$rust/pkgconfig/librdmacm.pc" || return 1
    # Cargo is not told which headers the bindings were made from, so they are made anew.
    "${CARGO:-cargo}" clean --locked --offline -p rdma-sys
    PKG_CONFIG_PATH=$rust/pkgconfig:$ours/lib/pkgconfig with_libclang \
        "${CARGO:-cargo}" build --locked --offline
    local status=$?
    printf '#include <infiniband/verbs.h>\n#include <rdma/rdma_cma.h>\n#include <rdma/rdma_verbs.h>\n' \
        >"$rust/rdma-sys-header.c"
    return $status
}

# This crate expects rdma-core's source below its own and builds it with cmake for its headers. In
# a copy of it, the directories that it takes the headers and the library from are ours, and there
# is nothing left to build.
build_ibverbs_sys() {
    local copy=$rust/ibverbs-sys-crate crate
    cd "$rust/ibverbs-sys" && cargo_fetch || return 1
    crate=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/ibverbs-sys-0.3.2+55.0 | head -n 1)
    rm -rf "$copy"
    cp -a "$crate" "$copy" && rm -rf "$copy/vendor/rdma-core" || return 1
    mkdir -p "$copy/vendor/rdma-core/build"
    echo '# The headers and the library are there.' >"$copy/vendor/rdma-core/CMakeLists.txt"
    ln -s "$ours/include/infiniband" "$copy/vendor/rdma-core/libibverbs"
    ln -s "$ours/include" "$copy/vendor/rdma-core/build/include"
    ln -s "$ours/lib" "$copy/vendor/rdma-core/build/lib"
    local patch="patch.crates-io.ibverbs-sys.path=\"$copy\""
    "${CARGO:-cargo}" clean --offline --config "$patch" -p ibverbs-sys
    CMAKE=true with_libclang "${CARGO:-cargo}" build --offline --config "$patch"
    local status=$?
    echo '#include <infiniband/verbs.h>' >"$rust/ibverbs-sys-header.c"
    return $status
}

# libclang leaves no list. So the compiler makes one of the same headers with the same directories,
# and the bindings must have a function that came with release 65.
prove_bindings() {  # NAME SOURCE
    local bindings
    rm -rf "$rust/$1.deps" "$rust/$1.objects"
    mkdir -p "$rust/$1.deps" "$rust/$1.objects"
    export DOWNSTREAM_DEPS=$rust/$1.deps
    # shellcheck disable=SC2086  # words
    $compiler $include_flags -c "$2" -o "$rust/$1.objects/header.o" >"$logs/$1-list.log" 2>&1
    if ! "$here/read_headers.py" "$rust/$1.deps" "$rust/$1.objects" "$ours/include/infiniband" \
        "$here/headers/infiniband" >"$logs/$1-headers.log" 2>&1; then
        not_ok "$1/headers" "$(tail -n 1 "$logs/$1-headers.log")"
        return 1
    fi
    bindings=$(ls -t "$rust"/target/debug/build/"$1"-*/out/bindings.rs | head -n 1)
    if ! grep -q 'pub fn ibv_create_comp_cntr' "$bindings"; then
        not_ok "$1/headers" "the bindings are not those of our headers"
        return 1
    fi
    ok "$1/headers"
}
