// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/result.h"

namespace blkhang {

/// The kernel takes swap disks of one priority in turn, and those of a lower one when they are full (swapon(2)).
inline constexpr int kOrdinarySwapPriority = 1;

/// Writes an empty swap area over the whole disk: what was there is gone.
Status make_swap(const std::filesystem::path& disk);
/// Swaps from now on to a disk that make_swap() was done on.
Status start_swapping(const std::filesystem::path& disk, int priority);

}  // namespace blkhang
