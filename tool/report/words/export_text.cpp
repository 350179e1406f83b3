// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/export_text.h"

#include "base/printable.h"

namespace blkhang {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string one_line(std::string_view text) {
    const std::string line = printable(text);
    std::string result;
    for (auto start = line.find_first_not_of(' '); start != std::string::npos;) {
        const auto end = line.find(' ', start);
        result += result.empty() ? "" : " ";
        result.append(line, start, end - start);
        start = line.find_first_not_of(' ', end);
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
