// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/process.h"
#include "base/result.h"
#include "matrix/node_bundles.h"
#include "matrix/slurm.h"
#include "matrix/slurm_folder.h"

namespace blkhang {

/// What a cell asks of a job. Cells of one array ask the same.
struct SlurmNeeds {
    std::uint32_t minutes = 0;  ///< that the cell may take
    std::uint32_t memory_mib = 0;
    bool trusts_kernels = false, on_node = false;  ///< as in CellOrder
    std::string only_on = {};                      ///< the node where its load was begun; empty: any
    bool operator<(const SlurmNeeds& other) const {
        return std::tie(minutes, memory_mib, trusts_kernels, on_node, only_on) <
               std::tie(other.minutes, other.memory_mib, other.trusts_kernels, other.on_node, other.only_on);
    }
};

/// The jobs of one matrix: for cells, their attempts are written, and Slurm gets an array, or srun a script. An attempt
/// of what was not taken is of no use; slurm::is_passing() tells whether to come again.
class SlurmJobs {
public:
    /// `name`: of all jobs of the matrix; `extra`: options for sbatch and srun. `folder` has to outlive this.
    SlurmJobs(std::string name, std::vector<std::string> extra, SlurmFolder& folder);

    /// For which this program is built, in the words of `uname -m`.
    [[nodiscard]] const std::string& machine() const { return machine_; }

    struct SubmittedArray {
        std::string number;     ///< of ours: the comment of its tasks
        std::uint64_t job = 0;  ///< Slurm's
    };
    /// A task for each of `cells`, directories, in that order; on none of the nodes `not_on`.
    Result<SubmittedArray> submit_array(const SlurmNeeds& needs, const std::vector<std::filesystem::path>& cells,
                                        const std::set<std::string>& not_on);

    struct StartedStream {
        slurm::Task task;
        Child starter;  ///< to be reaped once it ends; srun goes on without it
    };
    /// An srun that sends all that the node needs for `cell`, a directory, and takes in what comes back.
    Result<StartedStream> start_stream(const SlurmNeeds& needs, const std::filesystem::path& cell,
                                       const std::set<std::string>& not_on);
    /// Takes away what was packed to be sent; nothing may be streamed any more.
    void remove_bundles() const { bundles_.remove_files(); }

private:
    [[nodiscard]] slurm::Terms terms_of(const SlurmNeeds& needs, const std::string& comment,
                                        const std::set<std::string>& not_on) const;
    [[nodiscard]] Status write_attempts(const SlurmNeeds& needs, const std::string& array,
                                        const std::vector<std::filesystem::path>& cells) const;

    std::string name_;
    std::vector<std::string> extra_;
    std::string machine_;
    SlurmFolder& folder_;
    NodeBundles bundles_;
};

}  // namespace blkhang
