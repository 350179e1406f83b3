// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/stable_release.h"

#include <charconv>
#include <string>

namespace blkhang {
namespace {

/// Of a text that begins with one: "6.1.192-3".
std::optional<StableRelease> numbered_release(std::string_view text) {
    const auto version = kernel_version(text);
    const auto series = version ? to_string(*version) + "." : std::string{};
    if (series.empty() || !text.starts_with(series)) {
        return std::nullopt;
    }
    text.remove_prefix(series.size());
    std::uint32_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && number != 0 ? std::optional(StableRelease{*version, number}) : std::nullopt;
}

}  // namespace

std::optional<StableRelease> stable_release(std::string_view release, std::string_view build) {
    if (const auto named = numbered_release(release)) {
        return named;
    }
    static constexpr std::string_view kDebian = " Debian ";
    const auto found = build.find(kDebian);
    const auto built =
        found == std::string_view::npos ? std::nullopt : numbered_release(build.substr(found + kDebian.size()));
    return built && kernel_version(release) == built->version ? built : std::nullopt;
}

}  // namespace blkhang
