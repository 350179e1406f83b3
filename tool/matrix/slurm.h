// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// Slurm as its commands show it (22.05 and later). Every function asks slurmctld, for a minute at most; that it does
/// not answer is an error, which says nothing of any job.
namespace slurm {

/// Tasks 0 to `tasks` - 1 of one script.
struct Array {
    std::string name;                    ///< of the job, by which all arrays of one matrix are found
    std::string comment;                 ///< which of them it is
    std::filesystem::path directory;     ///< in which the script runs
    std::string script;                  ///< its text
    std::vector<std::string> arguments;  ///< of the script
    std::uint32_t tasks = 0;
    std::uint32_t minutes = 0;       ///< for each task
    std::uint32_t memory_mib = 0;    ///< of a node, for each task
    std::vector<std::string> extra;  ///< options of sbatch that the user gives, the last and so the strongest
};

/// The number of the job, which all of its tasks share.
Result<std::uint64_t> submit(const Array& array);
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
Result<End> end_of(std::uint64_t job, std::uint32_t index);

/// Cancels all tasks of that name: those that run get SIGTERM, and SIGKILL a while later; or that at once.
Status cancel(const std::string& name, bool at_once);

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
