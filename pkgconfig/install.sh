#!/bin/sh
# Puts the library where programs find it, and takes it away again. Called by the Makefile.
#
#   install.sh install BUILT LIBDIR INCLUDEDIR
#   install.sh uninstall LIBDIR
#
# BUILT is the directory with the built library; DESTDIR, if set, comes before every path. The names
# may be taken: PREFIX=/usr puts our library over a distribution's. So LIBDIR/verbium keeps what a
# name stood for (former/) and what was put there (record, lines "kind sum-or-target path").
# Uninstalling gives a name back what it stood for, but only if it is still what was put there: a
# package that was installed over it in the meantime owns it now. Each name is replaced by a
# rename, so that a program that starts meanwhile finds a whole library.
set -eu

DESTDIR=${DESTDIR:-}
soname=libibverbs.so.1

# What a name stands for, as the record has it.
identity() {
    if [ -L "$1" ]; then
        echo "link $(readlink "$1")"
    else
        echo "file $(sha256sum <"$1" | cut -d' ' -f1)"
    fi
}
is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# Directories that are not there yet will be removed again.
made=
make_directory() {
    [ -d "$DESTDIR$1" ] && return
    make_directory "$(dirname "$1")"
    mkdir "$DESTDIR$1"
    made="${made}made . $1
"
}

# `put PATH COMMAND...`: makes PATH by a command whose last word is to be a new name.
put() {
    path=$1 new=$DESTDIR$1.new.$$
    shift
    make_directory "$(dirname "$path")"
    printf %s "$made" >>"$record"
    made=
    if is_there "$DESTDIR$path"; then
        mkdir -p "$(dirname "$former$path")"
        cp -a "$DESTDIR$path" "$former$path"
    fi
    rm -f "$new"
    "$@" "$new"
    # Recorded before it is there: an installation that is cut short can be taken back too.
    echo "$(identity "$new") $path" >>"$record"
    mv -f "$new" "$DESTDIR$path"
}

copy() { cp "$2" "$3" && chmod "$1" "$3"; }

install_all() {
    built=$1 libdir=$2 includedir=$3
    state=$DESTDIR$libdir/verbium former=$state/former record=$state/record
    [ ! -e "$record" ] || uninstall_all "$libdir"
    mkdir -p "$DESTDIR/"
    make_directory "$libdir/verbium"
    : >"$record"
    library=$(readlink "$built/$soname")
    put "$libdir/$library" copy 755 "$built/$library"
    put "$libdir/$soname" ln -s "$library"
    put "$libdir/libibverbs.so" ln -s "$library"
    put "$libdir/libibverbs.a" copy 644 "$built/libibverbs.a"
    put "$libdir/pkgconfig/libibverbs.pc" copy 644 "$built/pkgconfig/libibverbs.pc"
    for header in include/infiniband/*.h; do
        put "$includedir/infiniband/$(basename "$header")" copy 644 "$header"
    done
}

# A link that was kept may lead nowhere by now, when its package was upgraded and ldconfig has
# turned the link to us again. Then the newest library of that name is meant, as ldconfig would.
give_back() {
    target=$(readlink "$former$1" || true)
    if [ "$(basename "$1")" = $soname ] && [ ! -e "$(dirname "$DESTDIR$1")/$target" ]; then
        target=$(cd "$(dirname "$DESTDIR$1")" && ls -v $soname.* 2>/dev/null | tail -n 1)
        rm -f "$DESTDIR$1"
        [ -z "$target" ] || ln -s "$target" "$DESTDIR$1"
    else
        mv -f "$former$1" "$DESTDIR$1"
    fi
}

uninstall_all() {
    state=$DESTDIR$1/verbium former=$state/former record=$state/record
    if [ ! -e "$record" ]; then
        echo "nothing of ours is recorded in $DESTDIR$1"
        return
    fi
    while read -r kind what path; do
        [ "$kind" != made ] || continue
        if ! is_there "$DESTDIR$path"; then
            echo "$path was removed by somebody else"
        elif [ "$(identity "$DESTDIR$path")" != "$kind $what" ]; then
            echo "$path is not ours any more, and stays"
        elif is_there "$former$path"; then
            give_back "$path"
        else
            rm -f "$DESTDIR$path"
        fi
    done <"$record"
    directories=$(sed -n 's/^made \. //p' "$record" | sort -r)
    rm -rf "$state"
    # The deepest first; one that others use by now stays.
    printf '%s\n' "$directories" | while read -r directory; do
        rmdir "$DESTDIR$directory" 2>/dev/null || true
    done
}

case ${1:-} in
    install) shift; install_all "$@" ;;
    uninstall) shift; uninstall_all "$@" ;;
    *) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
