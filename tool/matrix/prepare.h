// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "matrix/cell.h"

namespace blkhang {

/// Cells that can run, and why the others cannot.
struct Prepared {
    std::vector<Cell> cells;                     ///< in their order, pinned
    std::map<std::string, std::string> refused;  ///< reason by cell id
};

/// Resolves each kernel once, so that all its cells boot the same one also when the suites move meanwhile, fetches it,
/// and builds what is planted into it. Cells that are pinned already keep their kernel. `on_kernel` hears which kernel
/// is being prepared. May take minutes; ends early, refusing the rest, when interrupted.
Prepared prepare_cells(std::vector<Cell> cells, const std::function<void(const std::string& kernel)>& on_kernel);

}  // namespace blkhang
