// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// Two digits for each byte, in small letters.
std::string to_hex(std::string_view bytes);
/// Nothing if it is not whole pairs of such digits, be they in small or large letters.
std::optional<std::string> from_hex(std::string_view digits);

}  // namespace blkhang
