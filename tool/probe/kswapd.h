// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace blkhang {

/// The pid of kswapd, if there is exactly one: each node with memory has its own (kswapd0, kswapd1, ..), and which of
/// several a task waits for is not known.
std::optional<std::uint32_t> find_only_kswapd(const std::filesystem::path& proc = "/proc");

}  // namespace blkhang
