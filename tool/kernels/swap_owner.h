// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang {

/// Does a bio that writes a page to swap belong to the control group of whoever submits it, in every hierarchy? Since
/// 0d3bd88d54f5 (4.19) it belongs to that of the page, where memory groups tell which that is.
bool swap_belongs_to_submitter(std::string_view release, bool has_memory_groups);

/// Does /proc/cgroups name every controller that this kernel has? Since af000ce85293 (6.12) not those that were built
/// without their form for cgroup v1 (CONFIG_MEMCG_V1): none of memory there tells nothing.
bool lists_each_controller(std::string_view release);

}  // namespace blkhang
