// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "matrix/slurm.h"

namespace blkhang {

/// What lies in a matrix's directory for Slurm:
///
///     slurm/blkhang           this program, which is static
///     slurm/N                 ids of cells, a line for each task of array N; written before it is submitted
///     slurm/attempts/N-TASK/  cell.json, cell.log, the files of the record, and `exit` with the exit code, written
///     last
///     slurm/attempts/N-TASK/load.toml, begun-on   of a cell that loads its node, see matrix/NODES.md
///     slurm/bundle-*          what is streamed to nodes
///
/// Whatever is streamed is an array of one task by number and list. Its attempt has beside that `lock`, held as long as
/// somebody takes in what its node sends, `stream` for that, and `said` for what srun says.
class SlurmFolder {
public:
    /// `matrix` is an absolute path. Makes the folder where there is none, and puts the program there. The matrix may
    /// be a stranger's: a link in the way is an error.
    static Result<SlurmFolder> open(const std::filesystem::path& matrix);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path program() const;
    [[nodiscard]] std::filesystem::path attempt(const slurm::Task& task) const;

    /// The tasks of all arrays that have a list, by id of their cell, in the order of the arrays: somebody has
    /// submitted them before us. Arrays of ours are numbered behind these. More than there can be are Fault::usage.
    Result<std::map<std::string, std::vector<slurm::Task>>> tasks_before_us();

    /// A number that no array has had, be it submitted or not.
    std::string new_array();
    /// `ids` of cells, one for each task.
    [[nodiscard]] Status write_list(const std::string& array, const std::vector<std::string>& ids) const;
    /// Takes away what was written for an array that Slurm did not take; if it has taken it after all, its tasks find
    /// nothing there.
    void drop(const std::string& array, std::uint32_t tasks) const;

private:
    explicit SlurmFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
    std::uint32_t next_array_ = 0;
};

}  // namespace blkhang
