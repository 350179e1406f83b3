// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

/// What runs on a node around `blkhang cell`, in /bin/sh.
namespace blkhang::slurm {

/// Why a script gave up before it ran the cell: its exit codes, as in sysexits.h.
inline constexpr int kOtherMachine = 65;
inline constexpr int kNothingShared = 66;
inline constexpr int kNoRoom = 74;
inline constexpr int kNotUndone = 75;
inline constexpr int kNotOffered = 78;

/// What a node says that may be loaded itself: options of `blkhang run --on-this-host`, one a line.
inline constexpr const char* kNodeOffer = "/etc/blkhang/node";
/// Of which cell a load was begun there, and did not end.
inline constexpr const char* kNodeBegun = "/var/lib/blkhang/begun";
/// The cell's profile, and the node on which its load was begun, in the directory of an attempt.
inline constexpr const char* kLoadProfile = "load.toml";
inline constexpr const char* kBegunOn = "begun-on";

/// Runs the cell of one task of an array, whose arguments stand at its beginning.
std::string array_script();

/// The same of a cell that loads the node itself. Before, it puts together what survived of a load that was cut off
/// there, and leaves that as the record of the attempt that began it.
std::string loading_script();

/// Unpacks what comes in, runs the cell, and sends what take_in() reads; its arguments likewise.
std::string streamed_script();

}  // namespace blkhang::slurm
