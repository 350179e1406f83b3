// SPDX-License-Identifier: GPL-2.0-only
#include "base/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace blkhang {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::istringstream in{std::string(text)};
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, separator);) {
        if (!part.empty()) {
            parts.push_back(part);
        }
    }
    return parts;
}

std::string stripped(std::string_view text) {
    constexpr std::string_view kWhite = " \t\n\r";
    const auto first = text.find_first_not_of(kWhite);
    return first == std::string_view::npos ? std::string()
                                           : std::string(text.substr(first, text.find_last_not_of(kWhite) + 1 - first));
}

bool has_word(const std::string& text, std::string_view word) {
    const auto words = words_of(text);
    return std::find(words.begin(), words.end(), word) != words.end();
}

void add_once(std::vector<std::string>& list, const std::string& item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) {
        list.push_back(item);
    }
}

std::string task_name(std::string_view comm, std::int32_t pid) { return fmt::format("{}[{}]", comm, pid); }

std::string times(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

}  // namespace blkhang
