// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>

namespace blkhang {

/// How many tasks there are, as /proc/loadavg says; 0 if it does not.
std::uint32_t count_tasks(const std::filesystem::path& proc);

}  // namespace blkhang
