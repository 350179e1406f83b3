// SPDX-License-Identifier: GPL-2.0-only
#include "profile/toml_keys.h"

#include <algorithm>

namespace blkhang {
namespace {

/// Behind the string that begins here.
std::size_t end_of_string(std::string_view toml, std::size_t begin) {
    constexpr std::size_t kThree = 3;
    const char quote = toml[begin];
    const std::string_view three = quote == '"' ? R"(""")" : "'''";
    const bool has_lines = toml.substr(begin).starts_with(three);
    const std::string_view end = has_lines ? three : three.substr(0, 1);
    for (std::size_t at = begin + (has_lines ? kThree : 1); at < toml.size(); ++at) {
        if (toml.substr(at).starts_with(end) || (!has_lines && toml[at] == '\n')) {
            return at + end.size();
        }
        at += quote == '"' && toml[at] == '\\' ? 1 : 0;
    }
    return toml.size();
}

/// The line, from 1, of the first character outside of strings and comments that is `wrong`.
template <class Wrong>
std::optional<std::size_t> line_of_first(std::string_view toml, Wrong wrong) {
    for (std::size_t at = 0; at < toml.size();) {
        const char c = toml[at];
        if (c == '"' || c == '\'') {
            at = end_of_string(toml, at);
        } else if (c == '#') {
            at = std::min(toml.find('\n', at), toml.size());
        } else if (wrong(c)) {
            const auto before = toml.substr(0, at);
            return static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
        } else {
            ++at;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::size_t> line_of_deep_key(std::string_view toml, std::size_t parts) {
    std::size_t dots = 0;
    return line_of_first(toml, [&dots, parts](char c) {
        if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) {
            dots = 0;
        }
        return c == '.' && ++dots >= parts;
    });
}

std::optional<std::size_t> line_of_letter_outside_strings(std::string_view toml) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    toml.remove_prefix(toml.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    return line_of_first(toml, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace blkhang
