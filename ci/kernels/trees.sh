# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the builders of this folder have in common; to be sourced. Sets `here`, this directory.
#
# Small kernels from Debian's source, kept in the user's cache folder and built anew only when the package, a configuration or
# a patch is another. Nothing is installed: the programs that building a kernel needs are unpacked beside it. JOBS compilers
# at once (2). An interrupted build goes on.
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
user_cache=${XDG_CACHE_HOME:-$HOME/.cache}
kernels=$user_cache/blkhang-kernels

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

newest() {
    { apt-cache show --no-all-versions "$source_package" 2>/dev/null || true; } | sed --quiet 's/^Version: //p'
}

# find_source SERIES: sets `source_package` and its newest `version`. That of another suite is asked for with the
# configuration of apt that blkhang itself has made for it.
find_source() {
    local apt_config
    source_package=linux-source-$1
    host_config=${APT_CONFIG-}
    version=$(newest)
    for apt_config in "$user_cache"/blkhang/apt/*/apt.conf; do
        if [[ -z $version && -e $apt_config ]]; then
            export APT_CONFIG=$apt_config
            version=$(newest)
        fi
    done
    [[ -n $version ]] || die "no package $source_package; run apt-get update, or blkhang check --guest deb:$1"
}

unpack_tools() {
    (cd "$1" && APT_CONFIG=$host_config apt-get download -q flex bison m4 pahole libdw1 >&2)
    local package
    for package in "$1"/*.deb; do
        dpkg-deb --extract "$package" "$1"
    done
    rm "$1"/*.deb
}

unpack_source() {
    (cd "$1" && apt-get download -q "$source_package=$version" >&2)
    dpkg-deb --fsys-tarfile "$1"/*.deb | tar --extract --to-stdout "./usr/src/$source_package.tar.xz" | xz -dc |
        tar --extract --directory="$1" --strip-components=1
    rm "$1"/*.deb
}

# Whole or not there: an unpacking that was interrupted begins again.
unpack() {
    local function=$1 directory=$2
    if [[ ! -e $directory ]]; then
        rm --recursive --force "$directory.part"
        mkdir --parents "$directory.part"
        "$function" "$directory.part"
        mv "$directory.part" "$directory"
    fi
}

# enter_tree NAME: into the unpacked sources of find_source(), a tree of that name's own, which nobody else builds meanwhile.
enter_tree() {
    local cache=$kernels/$1
    tree=$cache/$version
    mkdir --parents "$cache"
    exec 9>"$tree.lock"
    flock 9
    exec 8>"$kernels/tools.lock"
    flock 8
    unpack unpack_tools "$kernels/tools"
    exec 8>&-
    unpack unpack_source "$tree"
    export PATH=$kernels/tools/usr/bin:$PATH
    export LD_LIBRARY_PATH=$kernels/tools/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export BISON_PKGDATADIR=$kernels/tools/usr/share/bison M4=$kernels/tools/usr/bin/m4
    cd "$tree" || exit 1
}

build() {
    nice --adjustment=19 make --silent --jobs="${JOBS:-2}" "$@" >&2
}

# configure FILE...: tinyconfig and what these add; what a later one says counts.
configure() {
    build tinyconfig
    scripts/kconfig/merge_config.sh -m .config "$@" >/dev/null
    build olddefconfig
    # An option that kconfig dropped is one whose name or dependency changed: better told than found missing in a guest.
    local wanted
    while IFS= read -r wanted; do
        if [[ $wanted == *=n ]] && grep --quiet "^${wanted%n}[ym]" .config; then
            echo "${0##*/}: not taken: $wanted" >&2
        elif [[ $wanted != *=n ]] && ! grep --quiet --line-regexp --fixed-strings "$wanted" .config; then
            echo "${0##*/}: not taken: $wanted" >&2
        fi
    done < <(grep --no-filename '^CONFIG_' "$@" | tac | sort --unique --stable --field-separator== --key=1,1)
}
