// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "watch.h"

namespace blkhang {

/// Puts the waits that last and the freezes in force into `events`, in order of time, while programs go on changing the
/// table: a slot that is being written is looked at again, and left out if it still is. Makes no system call, as long
/// as `events` has room for as many.
void read_standing(std::span<const watch_standing> table, std::span<const std::uint32_t> eras,
                   std::vector<watch_event_named>& events);

}  // namespace blkhang
