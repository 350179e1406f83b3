// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_console.h"

namespace blkhang {
namespace {

constexpr std::size_t kMostOfALine = 200;

}  // namespace

void GuestConsole::feed(std::string_view chunk) {
    for (const char one : chunk) {
        if (one == kWroteOne) {
            ++blocks_;
        } else if (one == '\n' || one == '\r') {
            if (!line_.empty()) {
                last_line_.swap(line_);
                line_.clear();
            }
        } else if (line_.size() < kMostOfALine) {
            line_ += one;
        }
    }
}

}  // namespace blkhang
