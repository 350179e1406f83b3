// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Lets that time pass.
using PassTime = std::function<void(std::chrono::milliseconds)>;

/// The tasks that wait for pcpu_alloc_mutex now and still after this time: on a host that is well, no wait for it
/// lasts. Attaching probes takes that mutex, so there it would wait as well, and those behind it. Asks /proc alone; an
/// ordinary user is told of nobody.
std::vector<seen::BlockedTask> lasting_percpu_waiters(
    const std::filesystem::path& proc, std::chrono::milliseconds lasting,
    const PassTime& pass = [](auto time) { std::this_thread::sleep_for(time); });

}  // namespace blkhang
