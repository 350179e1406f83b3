// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace blkhang {

/// The release of kernel.org that a kernel is, or was made from; or the commit of git that it was built from.
struct Upstream {
    std::string tag;           ///< the latest that it holds: "v6.1.192", "v7.3-rc1", "next-20261120"; empty if unknown
    std::string distribution;  ///< "Debian 6.1.192-2" if it is theirs; empty for what calls itself vanilla, or unknown
    std::tuple<int, int, int, int, std::int64_t> order;  ///< of tags, and of commits since
    std::string commit = {};  ///< hexadecimal, as far as it is known; empty for what is a tag
    int ahead = 0;            ///< how many commits it is after the tag
    [[nodiscard]] bool known() const { return !tag.empty() || !commit.empty(); }
    /// As `git describe` does: "v6.18.3-12-g123456789abc", "v6.1.192".
    [[nodiscard]] std::string name() const;
    /// What git finds it by.
    [[nodiscard]] const std::string& ref() const { return commit.empty() ? tag : commit; }
    /// Of a stable or longterm series, v6.1.192, not v6.1.
    [[nodiscard]] bool stable() const { return known() && std::get<2>(order) > 0; }
    [[nodiscard]] bool is_next() const { return tag.starts_with("next-"); }
    /// "v6.1" of v6.1.192: where its series left mainline.
    [[nodiscard]] std::string series() const;
    /// One of kernel.org's own releases.
    [[nodiscard]] bool vanilla() const { return !tag.empty() && distribution.empty() && commit.empty(); }
    /// "mainline", "stable", "next", "debian": the tree that it is of, as test systems call it; empty if unknown.
    [[nodiscard]] std::string_view tree() const;
};

/// From uname -r, uname -v and what the kernel was asked for as, as far as these are known, and the commit that it was
/// built from, if somebody says so. Never guesses: releases such as 6.1.0-56-cloud-amd64 and 6.8.0-45-generic do not
/// say which one they were made from, and a kernel with anything appended to its release is not that release, unless it
/// is what the kernel's own build appends for a commit (6.18.3-00012-g123456789abc) or linux-next (-next-20261120).
Upstream upstream_of(std::string_view release, std::string_view version, std::string_view label,
                     std::string_view commit = {});

/// For lists of kernels: the same, or where it is unknown what the version that the release begins with would be. Of
/// that one only the order and the series mean something: from which release it was made nobody says. Nothing if
/// neither tells.
std::optional<Upstream> place_among_kernels(std::string_view release, std::string_view label);

/// A commit as people write it: 8 to 40 hexadecimal digits.
bool is_commit(std::string_view text);
/// May both be the same commit, one cut shorter than the other?
bool same_commit(std::string_view one, std::string_view other);

}  // namespace blkhang
