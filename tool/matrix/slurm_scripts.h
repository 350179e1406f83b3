// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

/// What runs on a node around `blkhang cell`, in /bin/sh.
namespace blkhang::slurm {

/// Why a script gave up before it ran the cell: its exit codes, as in sysexits.h.
inline constexpr int kOtherMachine = 65;
inline constexpr int kNothingShared = 66;
inline constexpr int kNoRoom = 74;

/// Runs the cell of one task. Its exit code is the last that it writes, so that whoever finds it finds all.
inline constexpr std::string_view kArrayScript = R"sh(#!/bin/sh
# blkhang: a task of array $1 of a matrix, whose folder `slurm` is $2; $3 is the cache of kernels, $4 the machine, $5 may
# be an option.
[ "$(uname -m)" = "$4" ] || exit 65
attempt=attempts/$1-$SLURM_ARRAY_TASK_ID
cd "$2" 2>/dev/null && [ -r "$attempt/cell.json" ] && [ -x ./blkhang ] || exit 66
[ -d "$3" ] && export XDG_CACHE_HOME="$3"
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >"$attempt/cell.log"
./blkhang cell "$attempt" --color never ${5:+"$5"} >>"$attempt/cell.log" 2>&1 &
cell=$!
trap 'kill -TERM $cell 2>/dev/null' TERM INT
wait $cell
code=$?
while kill -0 $cell 2>/dev/null; do
    wait $cell
    code=$?
done
echo $code >"$attempt/exit.part" && mv "$attempt/exit.part" "$attempt/exit"
)sh";

/// Unpacks what comes in, runs the cell, and sends what take_in() reads.
inline constexpr std::string_view kStreamedScript = R"sh(
# $1: the machine; $2: bytes of what is packed; $3: bytes of the cell behind it; $4: the files that are sent; $5: perhaps
# an option
echo "job ${SLURM_JOB_ID:-?} ${SLURMD_NODENAME:-?}"
[ "$(uname -m)" = "$1" ] || exit 65
umask 077
tmp=${TMPDIR:-/tmp}
[ -d "$tmp" ] || tmp=/tmp  # it is the one of whoever submits
# What jobs left that were killed.
find "$tmp" -maxdepth 1 -type d -name 'blkhang-node.*' -user "$(id -u)" -mmin +1 2>/dev/null </dev/null |
    while read -r old; do flock --nonblock "$old/lock" rm -rf "$old"; done
trap 'exit 143' TERM INT
dir=$(mktemp -d "$tmp/blkhang-node.XXXXXXXX") || exit 74
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/cell" && cd "$dir" && exec 9>lock && flock 9 || exit 74
head -c "$2" | tar -xz --no-same-owner || exit 74
head -c "$3" >cell/cell.json || exit 74
mkdir -p cache
export XDG_CACHE_HOME="$dir/cache"
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >cell/cell.log
./blkhang cell cell --color never ${5:+"$5"} >>cell/cell.log 2>&1 </dev/null &
cell=$!
trap 'kill -TERM $cell 2>/dev/null' TERM INT
wait $cell
code=$?
while kill -0 $cell 2>/dev/null; do
    wait $cell
    code=$?
done
for name in $4; do
    [ -f "cell/$name" ] || continue
    bytes=$(stat -c %s "cell/$name")
    echo "file $name $bytes"
    head -c "$bytes" "cell/$name"
done
echo "end $code"
)sh";

}  // namespace blkhang::slurm
