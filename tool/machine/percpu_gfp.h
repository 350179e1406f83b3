// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace blkhang {

/// Do per-CPU allocations that may start no IO wait for pcpu_alloc_mutex (9a5b183941b5)? No type information tells, so
/// it is tried: one is made, and the kernel's own trace says whether it was an atomic one, which takes no mutex.
/// Nothing if the kernel cannot be asked. `tracefs` is where that is mounted; an instance is made there, and removed.
std::optional<bool> noio_percpu_takes_mutex(const std::filesystem::path& tracefs);

/// The same from the text of a trace of percpu:percpu_alloc_percpu, by what the task `pid` allocated.
std::optional<bool> noio_took_mutex(std::string_view trace, std::int32_t pid);

}  // namespace blkhang
