// SPDX-License-Identifier: GPL-2.0-only
#include "stage/knob_table.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/words.h"

namespace blkhang {
namespace {

/// How a disk is without settings, by file (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/blkio-controller.rst).
constexpr std::array kUnset{
    std::pair<std::string_view, std::string_view>{"io.max", "rbps=max wbps=max riops=max wiops=max"},
    std::pair<std::string_view, std::string_view>{"io.latency", "target=0"},
    std::pair<std::string_view, std::string_view>{"io.weight", "default"},
    std::pair<std::string_view, std::string_view>{"io.bfq.weight", "default"},
    std::pair<std::string_view, std::string_view>{"io.cost.qos", "enable=0 ctrl=auto"},
    std::pair<std::string_view, std::string_view>{"io.cost.model", "ctrl=auto"},
};
constexpr std::string_view kThrottleV1 = "blkio.throttle.";

/// What the kernel has chosen itself it would take for the user's choice if it were written.
std::vector<std::string> settings_in(std::string_view line) {
    auto words = words_of(line);
    if (std::ranges::find(words, "ctrl=auto") != words.end()) {
        std::erase_if(words, [](const std::string& word) {
            return word.find('=') != std::string::npos && !word.starts_with("enable=") && word != "ctrl=auto";
        });
    }
    return words;
}

}  // namespace

std::optional<std::string> line_of_disk(std::string_view content, std::string_view disk) {
    std::istringstream lines{std::string(content)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(fmt::format("{} ", disk))) {
            return line;
        }
    }
    return std::nullopt;
}

std::optional<std::string> line_to_write_back(std::string_view file, std::string_view disk,
                                              const std::optional<std::string>& old) {
    if (old) {
        return fmt::format("{}", fmt::join(settings_in(*old), " "));
    }
    if (file.starts_with(kThrottleV1)) {
        return fmt::format("{} 0", disk);
    }
    const auto* unset = std::ranges::find(kUnset, file, [](const auto& row) { return row.first; });
    return unset == kUnset.end() ? std::nullopt : std::optional(fmt::format("{} {}", disk, unset->second));
}

bool is_line_back(std::string_view file, std::string_view content, std::string_view disk,
                  const std::optional<std::string>& old) {
    const auto line = line_of_disk(content, disk);
    const auto wanted = line_to_write_back(file, disk, old);
    if (!line) {
        return !old;
    }
    return wanted && settings_in(*line) == settings_in(*wanted);
}

}  // namespace blkhang
