// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

/// What runs on a node around `blkhang cell`, in /bin/sh.
namespace blkhang::slurm {

/// Why a script gave up before it ran the cell: its exit codes, as in sysexits.h.
inline constexpr int kOtherMachine = 65;
inline constexpr int kNothingShared = 66;
inline constexpr int kNoRoom = 74;

/// Runs the cell of one task of an array, whose arguments stand at its beginning.
std::string array_script();

/// Unpacks what comes in, runs the cell, and sends what take_in() reads; its arguments likewise.
std::string streamed_script();

}  // namespace blkhang::slurm
