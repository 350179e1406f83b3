// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace blkhang {

/// What a node sends that shares no directory with us:
///
///     job JOB NODE
///     file NAME BYTES      and so many bytes; for each file of the record, and cell.log
///     end CODE             the exit code of `blkhang cell`; behind it, nothing
///
/// It is a stranger's: names are those that a record has, each once, no file is larger than its kind may be.
struct NodeStream {
    std::optional<std::uint64_t> job;  ///< in Slurm, if it came as far as saying so
    std::string node;                  ///< on which it runs; empty: unknown
    std::optional<int> exit_code;      ///< all is there
};

/// Those that it may have, in the order in which they are sent: a record comes last. Separated by blanks.
std::string names_in_streams();
/// So much a whole stream has at most, in bytes.
std::uint64_t largest_node_stream();

/// Reads `stream` and puts its files into `directory`, over those of the same names. What is no such stream is
/// Fault::broken; one that broke off is none, and has no exit code.
Result<NodeStream> take_in(const std::filesystem::path& stream, const std::filesystem::path& directory);
/// Its first line alone. Nothing is written.
NodeStream node_of(const std::filesystem::path& stream);

}  // namespace blkhang
