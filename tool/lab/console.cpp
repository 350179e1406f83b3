// SPDX-License-Identifier: GPL-2.0-only
#include "lab/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace blkhang {

namespace {

constexpr std::size_t kTailLines = 5;
// Soft lockups also begin with BUG:, and hang-ups of the guest are what this program looks for: they are no trouble
// here.
constexpr std::array kTroubles{"Kernel panic",  "Oops: ", "BUG: kernel",     "BUG: unable",        "BUG: Bad",
                               "kernel BUG at", "int3: ", "invalid opcode:", "general protection", "double fault"};

std::string_view without_stamp(std::string_view line) {
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (const auto end = line.find("] "); line.starts_with('[') && end != std::string_view::npos) {
        line.remove_prefix(end + 2);
    }
    return line;
}

}  // namespace

void Console::feed(std::string_view chunk) {
    splitter_.feed(chunk, [&](std::string_view raw, std::uint64_t /*cut*/) {
        const std::string_view line = without_stamp(raw);
        if (line.empty()) {
            return;
        }
        last_.emplace_back(line);
        if (last_.size() > kTailLines) {
            last_.pop_front();
        }
        if (trouble_.empty() && std::any_of(kTroubles.begin(), kTroubles.end(), [&](const char* word) {
                return line.find(word) != std::string_view::npos;
            })) {
            trouble_ = line;
        }
    });
}

std::string Console::tail() const { return fmt::format("{}", fmt::join(last_, " | ")); }

}  // namespace blkhang
