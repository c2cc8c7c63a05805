#!/bin/bash
# The library for aarch64: the crate is compiled and its entries are assembled, and the archive has
# each name of the table under its version. It is not linked and not run.
#
#   c-tests/abi/aarch64.sh TABLE
#
# The compiler is the one at hand if it has the target's standard library. Else Debian's, of testing
# or of unstable, is unpacked under build/aarch64: nothing is installed. Where neither is to be had,
# the check is skipped and says why.
set -u

cd "$(dirname "$0")/../.." || exit 1
table=${1:-c-tests/abi/symbols.tsv}
target=aarch64-unknown-linux-gnu
place=$PWD/build/aarch64
mkdir -p "$place"
log=$place/log
: >"$log"

skip() {
    echo "skip abi/aarch64: $1"
    c-tests/skip-listed "abi/aarch64: $1" || exit 1
    echo "aarch64: 0 passed, 0 failed, 1 skipped"
    exit 0
}

has_target() { # RUSTC
    local libraries
    libraries=$("$1" --print target-libdir --target $target 2>>"$log") &&
        compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

# Sets `options` for an apt-get that knows one release, both architectures, and no installed package.
of_release() {
    local state=$place/apt-$1
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    local mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>>"$log" |
        grep -m1 '/debian/*$') || return 1
    [ -e $keys ] || return 1
    echo "deb [signed-by=$keys] $mirror $1 main" >"$state/sources.list"
    options=(-qq -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State=$state" -o Dir::State::status=/dev/null -o "Dir::Cache=$state/cache"
        -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o Debug::NoLocking=1
        -o APT::Sandbox::User=)
}

candidate() { apt-cache "${options[@]}" policy "$1" | sed -n 's/^  Candidate: //p'; }

# The compiler of a release, with the libraries it loads, in $place/root; its version in $place/have.
unpack() {
    of_release "$1" || return 1
    local version needed names short
    timeout 300 apt-get "${options[@]}" update >>"$log" 2>&1 || return 1
    version=$(candidate rustc:amd64)
    [ -n "$version" ] && [ "$version" = "$(candidate libstd-rust-dev:amd64)" ] &&
        [ "$version" = "$(candidate libstd-rust-dev:arm64)" ] || return 1
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    dpkg --compare-versions "$version" ge "$needed" || return 1
    short=$(echo "$version" | cut -d. -f1,2)
    names=$(timeout 120 apt-get "${options[@]}" -s install --no-install-recommends \
        "libstd-rust-$short:amd64" 2>>"$log" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
    [ -n "$names" ] || return 1
    rm -rf "$place/root" "$place/files"
    mkdir -p "$place/root" "$place/files"
    # shellcheck disable=SC2086  # a list of words
    (cd "$place/files" && timeout 600 apt-get "${options[@]}" download $names rustc:amd64 \
        libstd-rust-dev:amd64 libstd-rust-dev:arm64) >>"$log" 2>&1 || return 1
    local file
    for file in "$place"/files/*.deb; do
        dpkg -x "$file" "$place/root" >>"$log" 2>&1 || return 1
    done
    rm -rf "$place/files" "$place"/apt-*
    # Its C library may be newer than the one here, so its own loader starts it.
    local loader
    loader=$(find "$place/root" -name 'ld-linux-x86-64.so.2' | head -n 1)
    [ -n "$loader" ] || return 1
    cat >"$place/rustc" <<SH
#!/bin/sh
exec "$loader" --library-path "$place/root/usr/lib/x86_64-linux-gnu:$place/root/lib/x86_64-linux-gnu" \\
    "$place/root/usr/bin/rustc" --sysroot "$place/root/usr" "\$@"
SH
    chmod +x "$place/rustc"
    has_target "$place/rustc" && echo "$version" >"$place/have"
}

if has_target "${RUSTC:-rustc}"; then
    compiler=${RUSTC:-rustc}
else
    compiler=$place/rustc
    if [ ! -e "$place/have" ] || ! has_target "$compiler"; then
        command -v apt-get >/dev/null && [ "$(dpkg --print-architecture)" = amd64 ] ||
            skip "no standard library for $target, and this is no Debian on amd64"
        rm -f "$place/have"
        unpack testing || unpack unstable ||
            skip "no standard library for $target, and Debian's cannot be had"
    fi
fi
echo "compiler: $("$compiler" --version)"

passed=0 failed=0
result() { # STATUS NAME
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok abi/aarch64/$2"
        tail -n 40 "$place/out"
    fi
}

# A directory of its own: another compiler would make cargo build everything anew each time.
RUSTC=$compiler CARGO_TARGET_DIR=$place/target CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
    "${CARGO:-cargo}" rustc --lib --quiet --crate-type staticlib --target $target \
    -- --cfg versioned >"$place/out" 2>&1
result $? compile

# readelf reads the symbols of any architecture.
archive=$place/target/$target/debug/libverbium.a
readelf -sW "$archive" 2>/dev/null |
    awk '$4 == "FUNC" && $5 == "GLOBAL" && $7 != "UND" && $8 ~ /@(IBVERBS|VERBIUM)_/ { print $8 }' |
    sort >"$place/names"
awk -F'\t' 'NR > 1 && $4 == "func" { print $1 $3 $2 }' "$table" | sort | diff - "$place/names" >"$place/out"
result $? names
echo "aarch64: $(wc -l <"$place/names") names"
echo "aarch64: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
