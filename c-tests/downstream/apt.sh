# Sourced by run.sh: files of Debian's archive by apt's own means, with a configuration, indexes
# and a cache of its own under build/downstream/apt. The system's are only read.

apt=$work/apt
debian_keys=/usr/share/keyrings/debian-archive-keyring.gpg

private_apt() {  # PROGRAM ARGS...
    local program=$1
    shift
    timeout 300 "$program" -q -o Dir::Etc::SourceList="$apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$apt/state" \
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$apt/cache" \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Acquire::Retries=3 \
        -o Acquire::Languages=none "$@"
}

# The archive and the release that this system installs from: "URI RELEASE". The release is the
# one without a suffix (not its updates, not its security fixes).
system_archive() {
    apt-get indextargets --no-release-info --format '$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
        2>/dev/null | awk -F'|' -v codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" '
        $1 == "Packages" && $4 == "main" && $3 !~ /[-\/]/ {
            if (!found || ($3 == codename && found != codename)) { line = $2 " " $3; found = $3 }
        }
        END { if (line) print line }'
}

# Indexes of the binary packages of this release, and of the sources of RELEASE...
apt_update() {
    local archive own release signed=
    read -r archive own < <(system_archive)
    if [ -z "${own:-}" ]; then
        echo "apt knows no archive here with a component main"
        return 1
    fi
    [ -e $debian_keys ] && signed="[signed-by=$debian_keys] "
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
    {
        echo "deb $signed$archive $own main"
        for release in "$@"; do echo "deb-src $signed$archive $release main"; done
    } >"$apt/sources.list"
    # A release that the archive does not have is told by what is then missing.
    private_apt apt-get update >"$apt/update.log" 2>&1 || tail -n 3 "$apt/update.log"
}

# Lines "URI FILE SIZE ALGORITHM:SUM" of the source package of PROJECT in RELEASE.
source_uris() {
    private_apt apt-get --print-uris --download-only source "$1/$2" 2>/dev/null |
        sed -n "s/^'\([^']*\)' /\1 /p"
}

# What stands for + and ~ in the address of a file.
escaped() { sed -e 's/+/%2b/g' -e 's/~/%7e/g' <<<"$1"; }

# `fetch_source PROJECT FILE SUM RELEASES INTO`: one file, its sum verified. Not the whole source
# package: not all of one is always served. Besides the addresses that the indexes name, the
# directory of the project's other versions is asked, where an older file is often still kept.
fetch_source() {
    local project=$1 file=$2 sum=$3 release uris uri addresses= others=
    for release in $4; do
        uris=$(source_uris "$project" "$release")
        uri=$(awk -v sum="SHA256:$sum" '$4 == sum { print $1; exit }' <<<"$uris")
        if [ -n "$uri" ]; then
            addresses="$addresses $uri"
        else
            uri=$(awk 'NR == 1 { print $1 }' <<<"$uris")
            [ -n "$uri" ] && others="$others ${uri%/*}/$(escaped "$file")"
        fi
    done
    for uri in $addresses $others; do
        private_apt /usr/lib/apt/apt-helper download-file "$uri" "$5" "SHA256:$sum" \
            >>"$apt/download.log" 2>&1 && has_sum "$5" "$sum" && return
        rm -f "$5"
    done
    return 1
}

has_sum() { [ -e "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; }

# `fetch_packages INTO PACKAGE...`: unpacks binary packages, without their infiniband/ headers.
fetch_packages() {
    local into=$1 package
    shift
    mkdir -p "$apt/debs" "$into"
    (cd "$apt/debs" && private_apt apt-get download "$@") >>"$apt/download.log" 2>&1 || return 1
    for package in "$apt"/debs/*.deb; do dpkg -x "$package" "$into" || return 1; done
    rm -rf "$into/usr/include/infiniband"
}
