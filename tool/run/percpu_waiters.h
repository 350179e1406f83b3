// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace blkhang {

/// The tasks that wait for pcpu_alloc_mutex now and still after this time, by their names: on a host that is well, no
/// wait for it lasts. Asks /proc alone; an ordinary user is told of nobody.
std::vector<std::string> percpu_waiters(const std::filesystem::path& proc, std::chrono::milliseconds lasting);

}  // namespace blkhang
