// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string_view>

#include "kernels/functions.h"

namespace blkhang {

/// A part of the kernel that it may be built without; a function of it that is watched elsewhere is no blind spot then.
struct Facility {
    std::string_view option;  ///< "CONFIG_MEMCG"
    std::string_view words;
    FunctionNames function;  ///< of those that are watched
    /// Kernels with it have functions whose names begin so, whatever became of `function`; those without have none.
    std::array<std::string_view, 2> beginnings;
};

/// As in 5.10 to 7.3.
inline constexpr std::array kFacilities{
    Facility{"CONFIG_MEMCG", "memory cgroups", functions::kMemcgReclaim, {"mem_cgroup_"}},      // mm/memcontrol.c
    Facility{"CONFIG_SWAP", "swap", functions::kSwapOut, {"si_swapinfo", "swapin_"}},           // mm/swapfile.c
    Facility{"CONFIG_BLK_CGROUP", "block cgroups", functions::kBlkgConf, {"blkcg_", "blkg_"}},  // block/blk-cgroup.c
};

/// That the function is part of; null if each kernel has it.
const Facility* facility_of(const FunctionNames& function);

}  // namespace blkhang
