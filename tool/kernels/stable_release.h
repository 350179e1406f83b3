// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/release.h"

namespace blkhang {

/// The upstream stable release that a kernel is built from: 192 of 6.1.192.
struct StableRelease {
    KernelVersion version;
    std::uint32_t number = 0;
    bool operator==(const StableRelease&) const = default;
};
/// By what uname -r says, or, where that has no number or a 0 in its place, by what uname -v says, if that is Debian's
/// ("#1 SMP Debian 6.1.192-3 (2026-11-20)"). Nothing if neither names one: it may be any of the series.
std::optional<StableRelease> stable_release(std::string_view release, std::string_view build);

}  // namespace blkhang
