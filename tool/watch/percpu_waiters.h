// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "judge/observation.h"

namespace blkhang {

/// A task that waits for pcpu_alloc_mutex now and did `apart` ago: attaching probes takes that mutex, so on such a
/// machine it would wait, too, and those behind it. `sleep` passes the time.
std::optional<seen::BlockedTask> lasting_percpu_waiter(const std::filesystem::path& proc,
                                                       std::chrono::milliseconds apart,
                                                       const std::function<void(std::chrono::milliseconds)>& sleep);

/// How many tasks there are, as /proc/loadavg says; 0 if it does not.
std::uint32_t count_tasks(const std::filesystem::path& proc);

}  // namespace blkhang
