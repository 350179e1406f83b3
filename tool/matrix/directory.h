// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/cache.h"
#include "matrix/cell.h"
#include "matrix/request.h"
#include "record/files.h"
#include "record/record.h"

namespace blkhang {

/// The directory of a matrix:
///
///     matrix.toml   what was asked for; written first
///     cells/ID/     cell.json, then cell.log and the files of the record
///     matrix.json   what came of it; made from the cells, written last
///
/// It is all that a matrix writes beside the cache, and all that resuming one needs. While this lives, no other blkhang
/// can work in it.
class MatrixDirectory {
public:
    /// Makes it. One that holds a matrix already, or cells of one, is refused: evidence is not overwritten, and what
    /// runs is what was planned here.
    static Result<MatrixDirectory> create(const std::filesystem::path& path, const MatrixRequest& request);
    enum class Kernels { foreign, trusted };
    /// Opens one that create() made, perhaps somebody else's: then foreign kernels are refused by
    /// check_foreign_kernel(), here those that were asked for, and those of stored cells by cell().
    static Result<MatrixDirectory> reopen(const std::filesystem::path& path, Kernels kernels);

    [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
    [[nodiscard]] const Directory& directory() const { return directory_; }
    [[nodiscard]] const MatrixRequest& request() const { return request_; }
    [[nodiscard]] bool trusts_kernels() const { return kernels_ == Kernels::trusted; }

    [[nodiscard]] std::filesystem::path cell_path(const std::string& id) const { return cells_.path() / id; }
    /// Stores the cell, unless there is one already. It may not survive a power failure before directory().flush():
    /// each by itself would take minutes for thousands.
    Status add(const Cell& cell) const;
    /// Reads a cell; nothing if it was never stored, or a power failure came before it was on disk.
    [[nodiscard]] Result<std::optional<Cell>> cell(const std::string& id) const;
    /// finished_record() of a cell; nothing if it was never stored.
    [[nodiscard]] Result<std::optional<Record>> finished(const std::string& id) const;
    /// A log for what the process of a stored cell says; an earlier one has been cleared away.
    [[nodiscard]] Result<Fd> new_log(const std::string& id) const;
    /// The end of it; empty if there is none.
    [[nodiscard]] std::string log(const std::string& id) const;
    /// Throws away what an attempt left that did not get as far as a record.
    Status clear_attempt(const std::string& id) const;

private:
    MatrixDirectory(Directory directory, Directory cells, FileLock lock, MatrixRequest request, Kernels kernels)
        : directory_(std::move(directory)),
          cells_(std::move(cells)),
          lock_(std::move(lock)),
          request_(std::move(request)),
          kernels_(kernels) {}
    static Result<FileLock> lock(const std::filesystem::path& path);

    Directory directory_, cells_;
    FileLock lock_;
    MatrixRequest request_;
    Kernels kernels_;
};

/// The cell that a directory is about. One that holds none is the user's mistake.
Result<Cell> read_cell(const Directory& directory);

/// The record that a cell's directory holds, if the run got as far as one; one that was interrupted does not count. A
/// record that cannot be read is an error: it must never pass for a verdict.
Result<std::optional<Record>> finished_record(const Directory& directory);

inline constexpr const char* kCellFile = "cell.json";
inline constexpr std::size_t kLargestCell = 4 * files::kLargestText;  ///< it holds a profile, its quotes escaped
inline constexpr const char* kCellLog = "cell.log";

}  // namespace blkhang
