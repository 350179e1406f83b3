// SPDX-License-Identifier: GPL-2.0-only
#include "base/printable.h"

#include <utf8cpp/utf8.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace blkhang {
namespace {

struct Range {
    char32_t first, last;
};

/// What Unicode has for programs instead of readers: its controls, and format characters that are not seen (Cc, Cf, Zl,
/// Zp). No text of a kernel needs one.
constexpr std::array kObeyed{
    Range{0x00, 0x1f},        // C0
    Range{0x7f, 0x9f},        // DEL, and C1: U+009B begins an escape sequence like ESC [
    Range{0xad, 0xad},        // soft hyphen
    Range{0x61c, 0x61c},      // Arabic letter mark
    Range{0x180e, 0x180e},    // Mongolian vowel separator
    Range{0x200b, 0x200f},    // no width, left-to-right and right-to-left marks
    Range{0x2028, 0x202e},    // line and paragraph separators, directions embedded and overridden
    Range{0x2060, 0x206f},    // no width, directions isolated
    Range{0xfeff, 0xfeff},    // byte order mark
    Range{0xfff9, 0xfffb},    // interlinear annotations
    Range{0xe0000, 0xe007f},  // tags
};

bool is_obeyed(char32_t c) {
    constexpr char32_t kLastBits = 0xfffe;  // of U+FFFE, U+FFFF, U+1FFFE, ...: no characters, and forbidden in XML
    return (c & kLastBits) == kLastBits ||
           std::ranges::any_of(kObeyed, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

/// Replaces line ends and tabs by these.
std::string made_printable(std::string_view text, char newline, char tab) {
    std::string valid;
    valid.reserve(text.size());
    utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(valid));
    std::string result;
    result.reserve(valid.size());
    for (auto at = valid.cbegin(); at != valid.cend();) {
        const auto begin = at;
        const char32_t c = utf8::unchecked::next(at);
        if (c == '\r' && at != valid.cend() && *at == '\n') {
            continue;
        }
        if (c == '\n' || c == '\r') {
            result += newline;
        } else if (c == '\t') {
            result += tab;
        } else if (is_obeyed(c)) {
            result += kReplacement;
        } else {
            result.append(begin, at);
        }
    }
    return result;
}

}  // namespace

std::string printable(std::string_view text) {
    return std::ranges::all_of(text, is_plain) ? std::string(text) : made_printable(text, ' ', ' ');
}

std::string printable_lines(std::string_view text) {
    const bool as_it_is = std::ranges::all_of(text, [](char c) { return is_plain(c) || c == '\n' || c == '\t'; });
    return as_it_is ? std::string(text) : made_printable(text, '\n', '\t');
}

}  // namespace blkhang
