// SPDX-License-Identifier: GPL-2.0-only
#include "base/text_width.h"

#include <fmt/format.h>

namespace blkhang {
namespace {

constexpr char kEscape = '\033';

/// The library's estimate: what it pads a text with depends on how wide it takes the text to be, and no character
/// takes more columns than bytes.
std::size_t estimated_width(std::string_view character) {
    const std::size_t bytes = character.size();
    return 2 * bytes - fmt::formatted_size("{:<{}}", character, bytes);
}

std::size_t character_bytes(std::string_view text) {
    std::size_t bytes = 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U) {
        ++bytes;
    }
    return bytes;
}

}  // namespace

Glyph first_glyph(std::string_view text) {
    if (text.front() == kEscape) {
        const auto end = text.find('m');
        return {end == std::string_view::npos ? text.size() : end + 1, 0};
    }
    const std::size_t bytes = character_bytes(text);
    return {bytes, bytes == 1 ? 1 : estimated_width(text.substr(0, bytes))};
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Glyph glyph = first_glyph(text);
        columns += glyph.columns;
        text.remove_prefix(glyph.bytes);
    }
    return columns;
}

std::string_view head_columns(std::string_view text, std::size_t columns) {
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Glyph glyph = first_glyph(text.substr(bytes));
        if (glyph.columns > columns) {
            break;
        }
        columns -= glyph.columns;
        bytes += glyph.bytes;
    }
    return text.substr(0, bytes);
}

std::string cut_middle(std::string_view text, std::size_t columns) {
    constexpr std::string_view kGap = "..";
    if (display_width(text) <= columns) {
        return std::string(text);
    }
    if (columns <= kGap.size()) {
        return std::string(kGap.substr(0, columns));
    }
    const std::size_t kept = columns - kGap.size();
    std::string begin;
    std::size_t begin_columns = 0;
    std::string_view end = text;
    for (Glyph glyph = first_glyph(end); begin_columns + glyph.columns <= (kept + 1) / 2; glyph = first_glyph(end)) {
        begin += end.substr(0, glyph.bytes);
        begin_columns += glyph.columns;
        end.remove_prefix(glyph.bytes);
    }
    for (std::size_t end_columns = display_width(end); end_columns > kept - begin_columns;) {
        const Glyph glyph = first_glyph(end);
        end_columns -= glyph.columns;
        end.remove_prefix(glyph.bytes);
    }
    return fmt::format("{}{}{}", begin, kGap, end);
}

}  // namespace blkhang
