// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "matrix/slurm.h"

namespace blkhang::slurm {

/// A cell that was handed to a node, for those who are told why that did not take it.
struct HandedOn {
    const std::filesystem::path& matrix;  ///< its directory
    std::filesystem::path log;            ///< of this attempt
    std::string_view machine;             ///< for which this program is built, in the words of `uname -m`
    bool streamed = false;
    std::string_view said = {};  ///< by a node that it was streamed to
};

/// Why a node cannot run the cell, as its script said with an exit code of its own, and what can be done; empty if the
/// script said nothing of that kind, or that it does not see the directory, which need not be the end.
std::string refusal(const End& end, const HandedOn& cell);

/// The same of a node that does not see the directory, where nothing else is allowed.
std::string refusal_without_directory(const End& end, const HandedOn& cell);

}  // namespace blkhang::slurm
