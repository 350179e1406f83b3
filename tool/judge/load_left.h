// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace blkhang::seen {

/// A field of the load, told after its end: 1 if some of its processes were still there long after they were killed, so
/// that they are stuck in the kernel, over whatever it may be. Absent if none were.
inline constexpr std::string_view kLoadLeft = "load_left";

}  // namespace blkhang::seen
