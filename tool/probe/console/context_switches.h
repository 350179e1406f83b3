// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace blkhang {

/// How often the task has stopped running, of its own will or not, by /proc/PID/status (2.6.23). As long as that does
/// not change, a task that is blocked has not run: it is in the very sleep that it was in before. Nothing if that
/// cannot be read.
std::optional<std::uint64_t> context_switches_of(const std::filesystem::path& proc, std::int32_t pid);

/// The same from the text of that file.
std::optional<std::uint64_t> context_switches_in(std::string_view status);

}  // namespace blkhang
