// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "matrix/cell.h"

namespace blkhang {

/// All that a node needs for a cell and shares with nobody: a packed tree with `blkhang`, and with the kernel and the
/// planted bug as they are in the cache (`cache/blkhang/...`), or the kernel as `kernel/image` and `kernel/root`.
struct NodeBundle {
    std::filesystem::path file;
    std::uint64_t bytes = 0;
    std::string pinned;      ///< KERNEL argument for that kernel, in the unpacked tree
    bool has_files = false;  ///< that argument is a path
};

/// Packs `program` and what the cell needs into a file below `directory`, whose name is that of its content's sources;
/// one that is there is taken. What cannot be carried so (a plant that has to be built against somebody's tree) is
/// Fault::usage.
Result<NodeBundle> bundle_for(const Cell& cell, const std::filesystem::path& program,
                              const std::filesystem::path& directory);

}  // namespace blkhang
