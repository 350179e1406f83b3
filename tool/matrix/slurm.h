// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/process.h"
#include "base/result.h"

namespace blkhang {

/// Slurm as its commands show it (22.05 and later). Every function asks slurmctld, for a minute at most; that it does
/// not answer is an error, which says nothing of any job.
namespace slurm {

inline constexpr std::size_t kLongestNode = 128;  ///< name of one

/// The feature of nodes that may be loaded themselves (matrix/NODES.md).
inline constexpr const char* kLoadFeature = "blkhang-load";

/// What a job asks for, and how it is found again.
struct Terms {
    std::string name;     ///< of the job, by which all of one matrix are found
    std::string comment;  ///< which of them it is
    std::uint32_t minutes = 0;
    std::uint32_t memory_mib = 0;    ///< of a node
    bool whole_node = false;         ///< of those that are there for loads, and all of its memory
    std::string only_on;             ///< a node that may be away for an hour; empty: any
    std::set<std::string> not_on;    ///< nodes
    std::vector<std::string> extra;  ///< options that the user gives, the last and so the strongest
};

/// Tasks 0 to `tasks` - 1 of one script, each on these terms.
struct Array {
    Terms terms;
    std::string script;                  ///< its text
    std::vector<std::string> arguments;  ///< of the script
    std::uint32_t tasks = 0;
};

/// The number of the job, which all of its tasks share.
Result<std::uint64_t> submit(const Array& array);

/// A script on a node that shares no directory with us: what it reads are two files, one behind the other, what it says
/// comes back.
struct Streamed {
    Terms terms;
    std::string script;                  ///< its text, for /bin/sh
    std::vector<std::string> arguments;  ///< of the script
    std::filesystem::path first, second;
    std::filesystem::path out;  ///< standard output of the script
    std::filesystem::path err;  ///< standard error of the script, and what srun says
    int kept_open = -1;         ///< a descriptor that whoever does this keeps until the job is over
};
/// Hands it to processes of a session of their own, which go on when we are killed. The child is there as long as they
/// are; it ends without them.
Result<Child> start(const Streamed& job);
/// Is it that the cluster takes no more just now (its MaxJobCount, say), or that nobody answers? Then later is another
/// matter.
bool is_passing(const Error& error);
/// Would sbatch take such options? The error is the user's, in Slurm's words.
Status try_options(const std::vector<std::string>& extra);

/// A task of an array, by the array's comment.
struct Task {
    std::string comment;
    std::uint32_t index = 0;
    bool operator==(const Task&) const = default;
    bool operator<(const Task& other) const { return std::tie(comment, index) < std::tie(other.comment, other.index); }
};
/// Those of all arrays of that name that wait, run, or are about to end.
Result<std::set<Task>> active(const std::string& name);

/// How a task came to its end.
struct End {
    std::string state;  ///< "NODE_FAIL", "TIMEOUT", "OUT_OF_MEMORY"; empty: it is not remembered any more
    std::string node;   ///< on which it ran, if on any
    int exit_code = 0;  ///< of the script
};
/// Not one whose state is unknown, to us or to Slurm.
bool is_over(const End& end);
/// Without an index, of a job that is no array.
Result<End> end_of(std::uint64_t job, std::optional<std::uint32_t> index);

/// Cancels all tasks of that name: those that run get SIGTERM, and SIGKILL a while later; or that at once.
Status cancel(const std::string& name, bool at_once);
/// The numbers of all jobs of that name that wait or run, with their comments.
Result<std::map<std::uint64_t, std::string>> jobs_of(const std::string& name);
/// Without an index, a job that is no array, or all of one.
Status cancel(std::uint64_t job, std::optional<std::uint32_t> index = std::nullopt);

/// So many tasks an array may have at most.
Result<std::uint32_t> largest_array();

/// "0-2,7,10-20:2%4" in squeue's words, "N/A" of what is no array. What makes no sense is left out.
std::vector<std::uint32_t> parse_indices(std::string_view text);
/// Lines "INDICES|COMMENT".
std::set<Task> parse_active(std::string_view squeue);
/// One line of `scontrol show job -o`.
End parse_end(std::string_view scontrol);

}  // namespace slurm
}  // namespace blkhang
