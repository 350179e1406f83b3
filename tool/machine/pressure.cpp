// SPDX-License-Identifier: GPL-2.0-only
#include "machine/pressure.h"

#include <cstdlib>

#include "base/words.h"

namespace blkhang {
namespace {

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, the last in microseconds.
Pressure::Share parse_share(const std::vector<std::string>& words) {
    constexpr double kUsPerSecond = 1e6;
    Pressure::Share share;
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos) {
            continue;
        }
        const std::string key = word.substr(0, equals);
        const double value = std::strtod(word.c_str() + equals + 1, nullptr);
        if (key == "avg10") {
            share.avg10 = value;
        } else if (key == "avg60") {
            share.avg60 = value;
        } else if (key == "avg300") {
            share.avg300 = value;
        } else if (key == "total") {
            share.total_s = value / kUsPerSecond;
        }
    }
    return share;
}

}  // namespace

Pressure read_memory_pressure(HostReader& reader) {
    Pressure pressure;
    for (const std::string& line : reader.lines(reader.roots().proc / "pressure/memory")) {
        const auto words = words_of(line);
        if (!words.empty() && words.front() == "some") {
            pressure.known = true;
            pressure.some = parse_share(words);
        } else if (!words.empty() && words.front() == "full") {
            pressure.full = parse_share(words);
        }
    }
    return pressure;
}

}  // namespace blkhang
