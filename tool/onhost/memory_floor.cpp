// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/memory_floor.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace blkhang {
namespace {

constexpr std::uint64_t kFloorKiB = 32U << 10U;
constexpr std::uint64_t kOneOf = 50;

/// In KiB, as the kernel writes it: "MemAvailable:    1234 kB".
std::optional<std::uint64_t> value_of(std::string_view meminfo, std::string_view name) {
    const auto at = meminfo.find(name);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    auto rest = meminfo.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    return parsed.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

bool is_below_floor(std::string_view meminfo) {
    const auto total = value_of(meminfo, "MemTotal:");
    const auto available = value_of(meminfo, "MemAvailable:");
    const auto swap = value_of(meminfo, "SwapFree:");
    return total && available && swap && *available + *swap < std::max(kFloorKiB, *total / kOneOf);
}

}  // namespace blkhang
