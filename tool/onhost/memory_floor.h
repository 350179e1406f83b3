// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang {

/// Is so little left of memory and swap together that the pressure has to give way, or the OOM killer would choose
/// somebody? Below 2 % of memory, or 32 MiB. `meminfo` as /proc/meminfo; of one that cannot be read nothing is said.
bool is_below_floor(std::string_view meminfo);

}  // namespace blkhang
