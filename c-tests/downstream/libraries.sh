# Sourced by run.sh: the parts of UCX and libfabric that speak verbs, built and loaded.

# --- UCX -------------------------------------------------------------------------------------

# Its libraries ucm, ucs and uct with the module for verbs, and the one for rdma_cm. It takes
# warnings for errors, which is left so: our headers must not cause any.
build_ucx() {
    local part
    unpack "$source_file" || return 1
    # Debian's release of it keeps a directory under another name than its own build expects.
    [ -e debian ] || [ ! -e debian.upstream ] || cp -a debian.upstream debian
    ./autogen.sh &&
        ./configure --disable-dependency-tracking --disable-static --enable-compiler-opt=1 \
            --with-verbs="$ours" --with-rdmacm="$dev/usr" --without-java --without-go \
            --without-cuda --without-rocm --without-knem --without-xpmem --without-ugni \
            --without-gdrcopy --disable-doxygen-doc CC="$compiler" CXX="$cxx_compiler" \
            CPPFLAGS="$include_flags" LDFLAGS="$library_flags" || return 1
    for part in ucm ucs uct; do make -j"$(nproc)" -C src/$part || return 1; done
}

run_ucx() {  # NAME DIRECTORY
    local src=$2/src module
    extra_libs=$src/ucm/.libs:$src/ucs/.libs:$src/uct/.libs:$src/uct/ib/.libs
    for module in ib/.libs/libuct_ib.so ib/rdmacm/.libs/libuct_rdmacm.so; do
        judge "$1/$(basename $module .so)" on_ours "$loader" "$src/uct/$module" "$ours/lib"
    done
    extra_libs=
}

# --- libfabric -------------------------------------------------------------------------------

# The library with no provider but that for verbs.
build_libfabric() {
    unpack "$source_file" || return 1
    ./autogen.sh &&
        ./configure --disable-dependency-tracking --disable-static --enable-only --enable-verbs=yes \
            CC="$compiler" CXX="$cxx_compiler" CFLAGS="-O1 -g0" CPPFLAGS="$include_flags" \
            LDFLAGS="$library_flags" &&
        grep -q '^#define HAVE_VERBS 1' config.h && make -j"$(nproc)" src/libfabric.la
}

run_libfabric() {  # NAME DIRECTORY
    judge "$1/libfabric" on_ours "$loader" "$2/src/.libs/libfabric.so.1" "$ours/lib"
}

# A program that loads LIBRARY with all its names bound, and then looks whether the libibverbs
# it got is the one in DIRECTORY.
build_loader() {
    loader=$work/load
    # shellcheck disable=SC2086  # words
    ${CC:-gcc} -Wall -Wextra -Werror -o "$loader" "$top/c-tests/abi/load.c" -ldl
}
