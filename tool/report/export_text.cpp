// SPDX-License-Identifier: GPL-2.0-only
#include "report/export_text.h"

#include <nlohmann/json.hpp>

#include "report/text_width.h"

namespace blkhang {
namespace {

constexpr std::string_view kNoCharacters = "\xEF\xBF";     // begins U+FFFE and U+FFFF, which XML forbids
constexpr std::string_view kNoCharacterEnds = "\xBE\xBF";  // and ends them
constexpr std::string_view kWhite = " \t\n";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }

/// nlohmann knows all the ways in which bytes fail to be UTF-8.
std::string valid_utf8(std::string_view text) {
    using nlohmann::json;
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

}  // namespace

std::string clean(std::string_view text) {
    const std::string utf8 = valid_utf8(text);
    std::string result;
    result.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const char c = utf8[i];
        if (c == '\r') {
            if (i + 1 == utf8.size() || utf8[i + 1] != '\n') {
                result += '\n';
            }
        } else if (is_control(c) && c != '\n' && c != '\t') {
            result += kReplacement;
        } else if (utf8.compare(i, kNoCharacters.size(), kNoCharacters) == 0 &&
                   kNoCharacterEnds.find(utf8[i + kNoCharacters.size()]) != std::string_view::npos) {
            result += kReplacement;
            i += kNoCharacters.size();
        } else {
            result += c;
        }
    }
    return result;
}

std::string one_line(std::string_view text) {
    const std::string cleaned = clean(text);
    std::string result;
    for (auto start = cleaned.find_first_not_of(kWhite); start != std::string::npos;) {
        const auto end = cleaned.find_first_of(kWhite, start);
        result += result.empty() ? "" : " ";
        result.append(cleaned, start, end - start);
        start = cleaned.find_first_not_of(kWhite, end);
    }
    return result;
}

std::string_view head(std::string_view utf8, std::size_t bytes) {
    if (utf8.size() <= bytes) {
        return utf8;
    }
    while (bytes > 0 && continues(utf8[bytes])) {
        --bytes;
    }
    return utf8.substr(0, bytes);
}

std::string_view tail(std::string_view utf8, std::size_t bytes) {
    if (utf8.size() <= bytes) {
        return utf8;
    }
    std::size_t start = utf8.size() - bytes;
    while (start < utf8.size() && continues(utf8[start])) {
        ++start;
    }
    if (start == 0 || utf8[start - 1] == '\n') {
        return utf8.substr(start);
    }
    const auto newline = utf8.find('\n', start);
    const bool more = newline != std::string_view::npos && newline + 1 < utf8.size();
    return utf8.substr(more ? newline + 1 : start);
}

}  // namespace blkhang
