// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sstream>
#include <string>

namespace blkhang {

/// For tests: a text on one line, so that it does not matter where lines break.
inline std::string unwrapped(const std::string& text) {
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) {
        line += word + " ";
    }
    return line;
}

}  // namespace blkhang
