// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <tuple>

namespace blkhang {

/// The release of kernel.org that a kernel is, or was made from.
struct Upstream {
    std::string tag;           ///< "v6.1.192", "v7.3-rc1"; empty where it cannot be told
    std::string distribution;  ///< "Debian 6.1.192-2" if it is theirs; empty for what calls itself vanilla, or unknown
    std::tuple<int, int, int, int> order;  ///< of tags
    [[nodiscard]] bool known() const { return !tag.empty(); }
    /// Of a stable or longterm series, v6.1.192, not v6.1.
    [[nodiscard]] bool stable() const { return known() && std::get<2>(order) > 0; }
    /// "v6.1" of v6.1.192: where its series left mainline.
    [[nodiscard]] std::string series() const;
    [[nodiscard]] bool vanilla() const { return known() && distribution.empty(); }
};

/// From uname -r, uname -v and what the kernel was asked for as, as far as these are known. Never guesses: releases
/// such as 6.1.0-56-cloud-amd64 and 6.8.0-45-generic do not say which one they were made from, and a kernel with
/// anything appended to its release is not that release.
Upstream upstream_of(std::string_view release, std::string_view version, std::string_view label);

}  // namespace blkhang
