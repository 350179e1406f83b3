// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/node_bundles.h"

#include <system_error>

namespace blkhang {

Result<const NodeBundle*> NodeBundles::for_cell(const Cell& cell) {
    const std::pair key{cell.pinned, cell.subject.plant};
    if (const auto found = bundles_.find(key); found != bundles_.end()) {
        return &found->second;
    }
    auto made = bundle_for(cell, program_, directory_);
    return made ? Result<const NodeBundle*>(&bundles_.emplace(key, std::move(*made)).first->second)
                : fail(made.error());
}

void NodeBundles::remove_files() const {
    std::error_code ignored;
    for (const auto& [what, bundle] : bundles_) {
        std::filesystem::remove(bundle.file, ignored);
    }
}

}  // namespace blkhang
