// SPDX-License-Identifier: GPL-2.0-only
#include "base/few_of.h"

#include <fmt/format.h>

namespace blkhang {

std::vector<std::string> few_of(std::vector<std::string> messages, std::size_t most) {
    if (messages.size() > most) {
        const std::size_t more = messages.size() - (most - 1);
        messages.resize(most - 1);
        messages.push_back(fmt::format("... and {} more", more));
    }
    return messages;
}

}  // namespace blkhang
