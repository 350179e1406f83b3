// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace blkhang {

/// When this machine was started, in nanoseconds since 1970, as /proc/stat says it (btime); nothing if it does not.
std::optional<std::uint64_t> boot_time_ns(const std::filesystem::path& proc = "/proc");

}  // namespace blkhang
