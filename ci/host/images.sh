# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What ci/host/build and ci/host/tools have in common; to be sourced. Sets `here`, this directory, `cache`, and `store`, where
# what is made is kept.
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/blkhang
store=$cache/host

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# key FILE...: a short name for what is in these files.
key() {
    cat "$@" | sha256sum | cut --characters=-16
}

# The host's apt sources of Debian itself, as lines of a sources.list. Other people's packages have no place in a test.
debian_sources() {
    # shellcheck disable=SC2016 # apt fills them in
    apt-get indextargets \
        --format 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | sort --unique
}

# packed TAR VARIANT LIST: packages of the release that the host has, packed: those that the file lists, one a line, and what
# they and mmdebstrap's VARIANT need.
packed() {
    local release packages
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    packages=$(sed '/^#/d' "$3" | paste --serial --delimiters=,)
    debian_sources >"$scratch/sources.list"
    [[ -s $scratch/sources.list ]] || die "this host's apt has no Debian sources"
    # What it mounts while it works, nobody else sees. Documents nobody reads.
    unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant="$2" --include="$packages" --format=tar \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$release" "$1" "$scratch/sources.list" </dev/null >&2
}

# image DIRECTORY SIZE LABEL FILE: an ext4 image. With a journal: without one the root of a stand-in whose power was cut was
# found damaged.
image() {
    truncate --size="$2" "$4"
    mke2fs -q -F -t ext4 -L "$3" -J size=8 -m 0 -E root_owner=0:0,lazy_itable_init=1 -d "$1" "$4"
}

# one_at_a_time: makes the store, waits until nobody else makes something there, and makes `scratch`, which goes at the end.
one_at_a_time() {
    if ((EUID != 0)); then
        echo "${0##*/}: root is needed: files of the image belong to many users" >&2
        exit 77
    fi
    mkdir --parents "$store"
    chmod 700 "$store"
    # Two tests that begin together would both build.
    exec 9>"$store/lock"
    flock --timeout 900 9 || die "another build holds $store/lock"
    scratch=$(mktemp --directory "$store/building.XXXXXX")
    trap 'rm --recursive --force "$scratch"' EXIT
    trap 'exit 143' TERM INT
}
