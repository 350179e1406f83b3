// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_scripts.h"

#include <string_view>

namespace blkhang::slurm {
namespace {

/// Runs the cell in $attempt, with $5 if that is an option.
constexpr std::string_view kRunCell = R"sh(
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >"$attempt/cell.log"
./blkhang cell "$attempt" --color never ${5:+"$5"} >>"$attempt/cell.log" 2>&1 </dev/null &
)sh";

/// For the cell that was just started; its exit code is $code then. What ends the job ends the cell, which is waited
/// for.
constexpr std::string_view kWaitForCell = R"sh(
cell=$!
trap 'kill -TERM $cell 2>/dev/null' TERM INT
wait $cell
code=$?
while kill -0 $cell 2>/dev/null; do
    wait $cell
    code=$?
done
)sh";

constexpr std::string_view kInSharedFolder = R"sh(#!/bin/sh
# blkhang: a task of array $1 of a matrix, whose folder `slurm` is $2; $3 is the cache of kernels, $4 the machine, $5 may
# be an option.
[ "$(uname -m)" = "$4" ] || exit 65
attempt=attempts/$1-$SLURM_ARRAY_TASK_ID
cd "$2" 2>/dev/null && [ -r "$attempt/cell.json" ] && [ -x ./blkhang ] || exit 66
[ -d "$3" ] && export XDG_CACHE_HOME="$3"
)sh";

/// A load that freezes the node is over with it; what is left are its journal, its ledger, and who it was: the attempt,
/// the boot, since when, and the digest of the cell, in $begun.
constexpr std::string_view kOnNode = R"sh(#!/bin/sh
# blkhang: a task of array $1 of a matrix, whose folder `slurm` is $2, that loads this node itself. $3 is the machine,
# $4 what this node offers, $5 where it is kept what was begun, $6 the seconds that a load may take.
[ "$(uname -m)" = "$3" ] || exit 65
attempt=$2/attempts/$1-$SLURM_ARRAY_TASK_ID
cd "$2" 2>/dev/null && [ -r "$attempt/load.toml" ] && [ -x ./blkhang ] || exit 66
offer=$4 begun=$5 seconds=$6
# Nobody but whose the job is may say what a load gets of this node.
[ -n "$(find "$offer" -maxdepth 0 -type f -user "$(id -u)" ! -perm /022 2>/dev/null)" ] || exit 78
set --
journal=
while read -r option value || [ -n "$option" ]; do
    case $option in
    '' | '#'*) continue ;;
    --journal) journal=$value ;;
    esac
    set -- "$@" "$option" ${value:+"$value"}
done <"$offer"
[ -n "$journal" ] || exit 78  # without one no proof outlives this node
boot=$(cat /proc/sys/kernel/random/boot_id)
log=$attempt/cell.log
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >"$log"

digest() { sha256sum <"$1" 2>/dev/null; }

# What survived of the load that was cut off becomes the record of the attempt that began it. If the matrix is gone, or
# has that cell by now, it stays here.
recover() {
    of=$1
    [ -d "$of" ] && [ "$(digest "$of/cell.json")" = "$3" ] && [ ! -e "$of/exit" ] || of=$begun.$2
    mkdir -p "$of" && rm -rf "$of/recovered"
    ./blkhang recover --journal "$journal" --since "$2" --out "$of/recovered" >>"$log" 2>&1
    came_to=$?
    [ -e "$of/recovered/record.json" ] || return "$came_to"
    for file in "$of/recovered"/*; do
        case $file in */record.json) ;; *) mv -f "$file" "$of/" || return ;; esac
    done
    mv "$of/recovered/record.json" "$of/" && rmdir "$of/recovered" || return
    echo "recovered on node ${SLURMD_NODENAME:-?}, status $came_to" >>"$of/cell.log"
    echo "$came_to" >"$of/exit.part" && mv "$of/exit.part" "$of/exit" || return
    [ "$of" = "$1" ] && [ "$3" = "$(digest "$attempt/cell.json")" ] && is_done=yes
    return 3
}

is_done=
mkdir -p "${begun%/*}" || exit 74
if [ -s "$begun" ]; then
    { read -r of && read -r its_boot && read -r since && read -r its_digest; } <"$begun"
    if [ "$its_boot" != "$boot" ]; then
        recover "$of" "$since" "$its_digest"
        # 3: something survived; or nothing did, and it is begun anew
        [ $? -eq 3 ] || exit 75
    fi
fi
./blkhang cleanup >>"$log" 2>&1 || exit 75
rm -f "$begun"
[ -z "$is_done" ] || exit 0

printf '%s\n' "$attempt" "$boot" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(digest "$attempt/cell.json")" >"$begun.part" &&
    sync "$begun.part" && mv "$begun.part" "$begun" && sync "${begun%/*}" || exit 74
echo "${SLURMD_NODENAME:-}" >"$attempt/begun-on"
./blkhang run "$attempt/load.toml" --on-this-host "$@" --deadline "${seconds}s" --out "$attempt" --color never \
    >>"$log" 2>&1 </dev/null &
)sh";

/// It was not cut off, however it ended. On a node where something stays undone no job begins any more.
constexpr std::string_view kLeaveNode = R"sh(
rm -f "$begun"
./blkhang cleanup >>"$log" 2>&1 || {
    scontrol reboot ASAP nextstate=RESUME reason="blkhang: a load is not undone" "$SLURMD_NODENAME" ||
        scontrol update "nodename=$SLURMD_NODENAME" state=DRAIN reason="blkhang: a load is not undone, reboot"
} >>"$log" 2>&1
)sh";

/// The last that is written, so that whoever finds it finds all.
constexpr std::string_view kLeaveExitCode =
    R"sh(echo $code >"$attempt/exit.part" && mv "$attempt/exit.part" "$attempt/exit"
)sh";

constexpr std::string_view kInOwnFolder = R"sh(
# $1: the machine; $2: bytes of what is packed; $3: bytes of the cell behind it; $4: the files that are sent; $5: perhaps
# an option
echo "job ${SLURM_JOB_ID:-?} ${SLURMD_NODENAME:-?}"
[ "$(uname -m)" = "$1" ] || exit 65
umask 077
tmp=${TMPDIR:-/tmp}
[ -d "$tmp" ] || tmp=/tmp  # it is the one of whoever submits
# What jobs left that were killed: one that lives has the lock, and had it before its folder was called so.
find "$tmp" -maxdepth 1 -type d -user "$(id -u)" \( -name 'blkhang-node.*' -o -name 'blkhang-new.*' -mmin +1 \) \
    2>/dev/null </dev/null | while read -r old; do flock --nonblock "$old/lock" rm -rf "$old"; done
trap 'exit 143' TERM INT
new=$(mktemp -d "$tmp/blkhang-new.XXXXXXXX") || exit 74
trap 'rm -rf "$new"' EXIT
dir=$tmp/blkhang-node.${new##*.}
mkdir "$new/cell" && exec 9>"$new/lock" && flock 9 && mv -T "$new" "$dir" || exit 74
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 74
head -c "$2" | tar -xz --no-same-owner || exit 74
head -c "$3" >cell/cell.json || exit 74
mkdir -p cache
export XDG_CACHE_HOME="$dir/cache"
attempt=cell
)sh";

constexpr std::string_view kSendFiles = R"sh(for name in $4; do
    [ -f "cell/$name" ] || continue
    bytes=$(stat -c %s "cell/$name")
    echo "file $name $bytes"
    head -c "$bytes" "cell/$name"
done
echo "end $code"
)sh";

}  // namespace

std::string array_script() {
    return std::string(kInSharedFolder).append(kRunCell).append(kWaitForCell).append(kLeaveExitCode);
}

std::string loading_script() {
    return std::string(kOnNode).append(kWaitForCell).append(kLeaveNode).append(kLeaveExitCode);
}

std::string streamed_script() {
    return std::string(kInOwnFolder).append(kRunCell).append(kWaitForCell).append(kSendFiles);
}

}  // namespace blkhang::slurm
