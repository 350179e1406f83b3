// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace blkhang {

/// Files in the directory of an attempt at a cell, beside those of its record (SlurmExecutor).
namespace attempt_files {
inline constexpr const char* kExit = "exit";      ///< the exit code of `blkhang cell`, written last
inline constexpr const char* kLock = "lock";      ///< held as long as somebody takes in what the node sends
inline constexpr const char* kStream = "stream";  ///< that
inline constexpr const char* kSaid = "said";      ///< what srun says
}  // namespace attempt_files

/// How `blkhang cell` ended there; nothing if it has not, or nobody knows.
std::optional<int> exit_code_in(const std::filesystem::path& attempt);
/// Has it a record that counts? One that is damaged does not: the cell is run again.
bool has_record(const std::filesystem::path& attempt);
/// Does somebody take in what the attempt's node sends?
bool is_taken_in(const std::filesystem::path& attempt);
/// What a node sent becomes the attempt's files, if it is whole. Why not, if it is no record; empty otherwise.
std::string settle_stream(const std::filesystem::path& attempt);
/// The cause that srun gave: its first line. What follows from it stands behind that.
std::string cause_said_in(const std::filesystem::path& attempt);

}  // namespace blkhang
