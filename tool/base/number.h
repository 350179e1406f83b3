// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace blkhang {

/// The number that the text is, all of it; nothing if it is none, or too large. A sign only where it may be negative.
template <std::integral Number>
std::optional<Number> number_in(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace blkhang
