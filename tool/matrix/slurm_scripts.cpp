// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_scripts.h"

#include <string_view>

namespace blkhang::slurm {
namespace {

/// Runs the cell in $attempt, with $5 if that is an option; its exit code is $code then. What ends the job ends the
/// cell, which is waited for.
constexpr std::string_view kRunCell = R"sh(
echo "job ${SLURM_JOB_ID:-?} on node ${SLURMD_NODENAME:-?}" >"$attempt/cell.log"
./blkhang cell "$attempt" --color never ${5:+"$5"} >>"$attempt/cell.log" 2>&1 </dev/null &
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

std::string array_script() { return std::string(kInSharedFolder).append(kRunCell).append(kLeaveExitCode); }

std::string streamed_script() { return std::string(kInOwnFolder).append(kRunCell).append(kSendFiles); }

}  // namespace blkhang::slurm
