# Sourced by run.sh: results, builds that are kept, and programs that are run.

passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }

skip() {  # NAME REASON; one that c-tests/skips.txt does not list is a failure
    if "$top/c-tests/skip-listed" "$1: $2"; then
        skipped=$((skipped + 1))
        echo "skip $1: $2"
    else
        not_ok "$1" "skipped for a reason that c-tests/skips.txt does not list: $2"
    fi
}

# `judge NAME COMMAND...`: what it prints goes to a log that is named if it fails.
judge() {
    local name=$1 log=$logs/${1//\//-}.log
    shift
    if "$@" >"$log" 2>&1; then
        ok "$name"
    else
        not_ok "$name" "exit status $?; see ${log#"$top"/}"
        tail -n 5 "$log" | cut -c1-200 | sed 's/^/    | /'
        return 1
    fi
}

# --- builds ----------------------------------------------------------------------------------

# What a build depends on besides its own source: our headers, and how it is built.
recipe() {  # COMMAND
    {
        cat "$top"/include/infiniband/*.h "$here"/headers/infiniband/*.h "$here/cc"
        declare -f "$1" unpack link_example
        echo "$compiler $include_flags $library_flags"
    } | sha256sum | cut -c1-16
}

# `build_once DIRECTORY SUM COMMAND`: runs COMMAND in a fresh DIRECTORY unless that has been built
# from the same. The lists of the compiler are in DIRECTORY.deps. Sets DOWNSTREAM_DEPS.
build_once() {
    local directory=$1 key
    key="$2 $(recipe "$3")"
    export DOWNSTREAM_DEPS=$directory.deps
    [ "$(cat "$directory.key" 2>/dev/null)" = "$key" ] && return
    rm -rf "$directory" "$directory.deps" "$directory.key"
    mkdir -p "$directory" "$directory.deps"
    (cd "$directory" && "$3") || return 1
    echo "$key" >"$directory.key"
}

# Unpacks into the directory it is called in, without the directory all of it is in.
unpack() { tar -xf "$1" --strip-components=1; }

# The compiler that leaves lists, and where it looks. Our headers are those that `make install`
# put under build/downstream/ours, so that its tree is what is tried.
compiler="$here/cc ${CC:-gcc}"
cxx_compiler="$here/cc ${CXX:-g++}"
include_flags="-I$ours/include -I$here/headers -I$dev/usr/include"
include_flags+=" -I$dev/usr/include/$multiarch -I$dev/usr/include/libnl3"
library_flags="-L$ours/lib -L$dev/usr/lib/$multiarch"
library_flags+=" -Wl,-rpath-link,$dev/usr/lib/$multiarch:/lib/$multiarch:/usr/lib/$multiarch"

# The lists prove whose headers were read.
prove_headers() {  # NAME DIRECTORY
    local name=$1/headers log=$logs/$1-headers.log
    if "$here/read_headers.py" "$2.deps" "$2" "$ours/include/infiniband" \
        "$here/headers/infiniband" >"$log" 2>&1; then
        ok "$name ($(tail -n 1 "$log"))"
    else
        not_ok "$name" "$(tail -n 1 "$log")"
        head -n 5 "$log" | sed 's/^/    | /'
    fi
}

# --- running ---------------------------------------------------------------------------------

# On our library, in bounded time, with the embedded device. A subshell that becomes the command,
# so that a signal to the job is a signal to the command.
on_ours() (
    exec timeout -k 2 120 env LD_BIND_NOW=1 VERBIUM_NIC=on \
        LD_LIBRARY_PATH="$ours/lib:$dev/usr/lib/$multiarch${extra_libs:+:$extra_libs}" "$@"
)

port=$((20000 + RANDOM % 20000))
is_listening() {
    grep -qsE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A " \
        /proc/net/tcp /proc/net/tcp6
}
next_port() {
    port=$((port + 1))
    while is_listening $port; do port=$((port + 1)); done
}

# `pair NAME PATTERN PROGRAM ARGS...`: the program as both ends. Both must end well, and the end
# that connects must print a line with PATTERN.
pair() {
    local name=$1 pattern=$2 log=$logs/${1//\//-} tries=0 status peer
    shift 2
    next_port
    on_ours "$@" -p $port >"$log.server" 2>&1 </dev/null &
    peer=$!
    until is_listening $port; do
        tries=$((tries + 1))
        if ! kill -0 $peer 2>/dev/null || [ $tries -gt 600 ]; then
            kill $peer 2>/dev/null
            wait $peer
            not_ok "$name" "the first end does not listen: $(tail -n 1 "$log.server")"
            return 1
        fi
        sleep 0.1
    done
    on_ours "$@" -p $port 127.0.0.1 >"$log.client" 2>&1 </dev/null
    status=$?
    [ $status = 0 ] || kill $peer 2>/dev/null
    wait $peer || status=$?
    if [ $status != 0 ]; then
        not_ok "$name" "exit status $status: $(tail -n 1 "$log.client")"
        return 1
    elif ! grep -qE "$pattern" "$log.client"; then
        not_ok "$name" "it printed no result; see ${log#"$top"/}.client"
        return 1
    fi
    ok "$name"
}
