// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "matrix/request.h"
#include "profile/profile.h"
#include "record/matrix.h"

namespace blkhang {

/// One run that is to be made, complete in itself: whoever is given it (another machine too) needs no other file.
struct Cell {
    std::string id;  ///< fit for a file name; unique in its matrix
    Subject subject;
    std::uint32_t repeat = 1;
    bool calibration = false;
    std::optional<std::string> calibrated_by = {};  ///< the plant that its profile names; older cells do not say
    std::string pinned;                ///< KERNEL argument for exactly the kernel that subject.kernel came to
    std::string label;                 ///< of that kernel, for people
    std::string release;               ///< uname -r
    std::optional<bool> on_node = {};  ///< its load runs on the node that it is handed to, not in a guest there
    std::string profile_toml;          ///< the profile, every value resolved

    [[nodiscard]] bool loads_node() const { return on_node.value_or(false); }
};

inline constexpr std::string_view kCellSchema = "blkhang-cell/1";

std::string encode(const Cell& cell);
/// The error says which member is wrong.
Result<Cell> decode_cell(std::string_view json);

/// All cells of a matrix, still without pinned kernels: for the first repeat of each subject, then the second of each,
/// and so on, so that a change in the machine's mood touches all alike. The same request gives the same cells.
/// Calibration companions follow the cells of the first repeat. `profiles` are those that the request names, resolved;
/// the request has been checked.
std::vector<Cell> plan_cells(const MatrixRequest& request, const std::vector<Profile>& profiles);

}  // namespace blkhang
