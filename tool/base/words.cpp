// SPDX-License-Identifier: GPL-2.0-only
#include "base/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace blkhang {

bool has_word(const std::string& text, std::string_view word) {
    std::istringstream words(text);
    for (std::string each; words >> each;) {
        if (each == word) {
            return true;
        }
    }
    return false;
}

void add_once(std::vector<std::string>& list, const std::string& item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) {
        list.push_back(item);
    }
}

std::string task_name(std::string_view comm, std::int32_t pid) { return fmt::format("{}[{}]", comm, pid); }

std::string times(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

}  // namespace blkhang
