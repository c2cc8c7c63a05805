# Sourced by run.sh: perftest and rdma-core's examples, built and run.

# --- perftest --------------------------------------------------------------------------------

build_perftest() {
    unpack "$source_file" || return 1
    # The generated files of the release are used as they are, whatever their dates say.
    ./configure --disable-dependency-tracking CC="$compiler" CXX="$cxx_compiler" \
        CFLAGS="-O1" CPPFLAGS="$include_flags" LDFLAGS="$library_flags" &&
        make -j"$(nproc)" ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=:
}

# Few iterations, as this shows that it works and not how fast.
run_perftest() {  # NAME DIRECTORY
    local program
    for program in ib_send_bw ib_send_lat ib_write_bw ib_write_lat ib_read_bw ib_read_lat \
        ib_atomic_bw ib_atomic_lat; do
        pair "$1/$program" '^ +[0-9]+ +[0-9]+ +[0-9.]+ +[0-9.]+' \
            "$2/$program" -F -d "$device" -n 200
    done
    pair "$1/ib_write_bw-a" '^ +8388608 +50 ' "$2/ib_write_bw" -F -d "$device" -n 50 -a
    pair "$1/ib_send_bw-UD" '^ +[0-9]+ +200 ' "$2/ib_send_bw" -F -d "$device" -n 200 -c UD -r 512
}

# --- rdma-core's examples --------------------------------------------------------------------

# Each file by itself: the release's own build would make the whole of rdma-core, libraries too.
# They want a config.h, of which they use what it says of the compiler, and two headers of the
# source tree.
build_examples() {
    local file
    local flags="-O1 -g0 -Wall -Iconfig $include_flags -I."
    unpack "$source_file" || return 1
    mkdir -p config programs
    printf '#define HAVE_%s 1\n' STATEMENT_EXPR TYPEOF >config/config.h
    for file in libibverbs/examples/*.c; do
        # shellcheck disable=SC2086  # words
        $compiler $flags -c "$file" -o "programs/$(basename "$file" .c).o" || return 1
    done
    link_example device_list ibv_devices && link_example devinfo ibv_devinfo &&
        link_example asyncwatch ibv_asyncwatch || return 1
    for file in rc uc ud srq xsrq; do
        link_example ${file}_pingpong ibv_${file}_pingpong pingpong || return 1
    done
}

link_example() {  # OBJECT PROGRAM MORE-OBJECTS...
    local object=$1 program=$2
    shift 2
    # shellcheck disable=SC2086  # words
    $compiler -o "programs/$program" "programs/$object.o" ${1:+programs/$1.o} $library_flags -libverbs
}

run_examples() {  # NAME DIRECTORY
    local programs=$2/programs kind
    judge "$1/ibv_devices" lists_device on_ours "$programs/ibv_devices"
    judge "$1/ibv_devinfo" lists_device on_ours "$programs/ibv_devinfo" -v -d "$device"
    for kind in rc uc ud srq; do
        pair "$1/ibv_${kind}_pingpong" 'usec/iter' \
            "$programs/ibv_${kind}_pingpong" -g 0 -d "$device" -n 200
    done
    pair "$1/ibv_rc_pingpong-e" 'usec/iter' "$programs/ibv_rc_pingpong" -g 0 -d "$device" -n 200 -e
}

lists_device() { "$@" | tee /dev/stderr | grep -qw "$device"; }
