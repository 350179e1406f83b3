// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/directory.h"
#include "base/result.h"
#include "report/history/history.h"

namespace blkhang {

/// Matrices that are told together, a record as a matrix of that one run.
struct SeveralMatrices {
    /// Names are the ways to their directories from the nearest one that all of them lie in, so that no two are equal.
    std::vector<NamedMatrix> matrices;
    /// Of each, in the same order. Not held open: there may be more of them than a process may have open at once.
    std::vector<std::filesystem::path> directories;
    std::vector<std::string> left_out;  ///< in words: what lay below a folder and could not be read
};

/// Is it the directory of a matrix, finished or not, or of a record?
bool holds_runs(const Directory& directory);

struct FoundBelow {
    std::vector<std::filesystem::path> directories;
    std::vector<std::pair<std::filesystem::path, Error>> unlisted;  ///< folders that nobody can look into, and why
};
/// Matrices and records below a folder that is neither, in the order of their names: over no link, not below one of
/// them, and no deeper than five folders.
Result<FoundBelow> find_below(const std::filesystem::path& folder);

/// Each path is a matrix, a record, or a folder of them; one that is named twice counts once. What is named itself has
/// to be whole. Of what is merely found, that which cannot be read is left out, as a matrix is that still runs.
Result<SeveralMatrices> read_several(const std::vector<std::filesystem::path>& paths);

}  // namespace blkhang
