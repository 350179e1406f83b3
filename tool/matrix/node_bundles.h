// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "matrix/cell.h"
#include "matrix/node_bundle.h"

namespace blkhang {

/// The bundles of a matrix, each packed when the first cell needs it: cells of one kernel and plant share one.
class NodeBundles {
public:
    /// As for bundle_for(): which program, and below which directory the bundles lie.
    NodeBundles(std::filesystem::path program, std::filesystem::path directory)
        : program_(std::move(program)), directory_(std::move(directory)) {}

    /// Belongs to this, and stays at its place. Errors are those of bundle_for().
    Result<const NodeBundle*> for_cell(const Cell& cell);
    /// Takes away the files; no job may need them any more.
    void remove_files() const;

private:
    std::filesystem::path program_, directory_;
    std::map<std::pair<std::string, std::string>, NodeBundle> bundles_;  ///< by pinned kernel and plant
};

}  // namespace blkhang
