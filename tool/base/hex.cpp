// SPDX-License-Identifier: GPL-2.0-only
#include "base/hex.h"

#include <charconv>

namespace blkhang {

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    digits.reserve(2 * bytes.size());
    for (const char c : bytes) {
        digits += kDigits[static_cast<unsigned char>(c) >> 4U];
        digits += kDigits[static_cast<unsigned char>(c) & 0xfU];
    }
    return digits;
}

std::optional<std::string> from_hex(std::string_view digits) {
    std::string bytes;
    bytes.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const std::string_view pair = digits.substr(i, 2);
        unsigned char byte = 0;
        const auto parsed = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
        if (parsed.ec != std::errc{} || pair.size() != 2 || parsed.ptr != pair.data() + pair.size()) {
            return std::nullopt;
        }
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

}  // namespace blkhang
