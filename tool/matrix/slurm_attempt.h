// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace blkhang {

/// Files in the directory of an attempt at a cell, beside those of its record (SlurmExecutor).
namespace attempt_files {
inline constexpr const char* kExit = "exit";      ///< the exit code of `blkhang cell`, written last
inline constexpr const char* kLock = "lock";      ///< held as long as somebody takes in what the node sends
inline constexpr const char* kStream = "stream";  ///< that
inline constexpr const char* kSaid = "said";      ///< what srun says
inline constexpr std::size_t kLargestSaid = std::size_t{1} << 20U;
}  // namespace attempt_files

/// Whoever resumes a matrix may have it from a stranger: an attempt that is a link is refused.
Status check_attempt(const std::filesystem::path& attempt);
/// Makes its directory anew: what is in one of that name, whoever was killed while submitting has left.
Status begin_attempt(const std::filesystem::path& attempt);
/// How `blkhang cell` ended there; nothing if it has not, or nobody knows.
std::optional<int> exit_code_in(const std::filesystem::path& attempt);
/// Has it a record that counts? One that is damaged does not: the cell is run again.
bool has_record(const std::filesystem::path& attempt);
/// Does somebody take in what the attempt's node sends?
bool is_taken_in(const std::filesystem::path& attempt);
/// What a node sent becomes the attempt's files, if it is whole. Why not, if it is no record; empty otherwise.
std::string settle_stream(const std::filesystem::path& attempt);
/// The node on which a load of it was begun; empty if that is not said, or makes no sense.
std::string begun_on(const std::filesystem::path& attempt);
/// The cause that srun gave: its first line. What follows from it stands behind that.
std::string cause_said_in(const std::filesystem::path& attempt);
/// Does its node send, or srun say, more than there can be to say?
bool is_endless(const std::filesystem::path& attempt);
/// Its record becomes the cell's, and the attempt goes away. Whoever is killed on the way leaves the attempt whole, and
/// the cell without a record: it is done again.
Status publish_attempt(const std::filesystem::path& attempt, const std::filesystem::path& cell);
/// What it said becomes the cell's log; the other way round, what is said of it.
void publish_log(const std::filesystem::path& attempt, const std::filesystem::path& cell);
void write_log(const std::filesystem::path& cell, const std::string& text);

}  // namespace blkhang
