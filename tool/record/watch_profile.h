// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <string_view>

#include "profile/profile.h"

namespace blkhang {

inline constexpr std::string_view kWatchProfile = "watch";

/// The profile that records of a host under its own load name, whoever writes them: no load is made. `room`: how long
/// its evidence may go on, which says how much of it is kept.
Profile watch_profile(std::chrono::seconds room);

}  // namespace blkhang
