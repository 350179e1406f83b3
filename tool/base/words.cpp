// SPDX-License-Identifier: GPL-2.0-only
#include "base/words.h"

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

}  // namespace blkhang
