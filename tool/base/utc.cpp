// SPDX-License-Identifier: GPL-2.0-only
#include "base/utc.h"

#include <ctime>
#include <string>

namespace blkhang {

std::optional<std::int64_t> seconds_of_utc(std::string_view utc) {
    const std::string text(utc);
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return end == text.c_str() + text.size() ? std::optional<std::int64_t>(::timegm(&parts)) : std::nullopt;
}

}  // namespace blkhang
