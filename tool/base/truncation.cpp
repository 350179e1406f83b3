// SPDX-License-Identifier: GPL-2.0-only
#include "base/truncation.h"

#include <fmt/format.h>

#include "base/sizes.h"

namespace blkhang {

std::string in_words(const Truncation& truncation) {
    return fmt::format("{}: {}{} beyond {}", truncation.what,
                       truncation.dropped_lines > 0 ? fmt::format("{} lines, ", truncation.dropped_lines) : "",
                       format_size(truncation.dropped_bytes), truncation.limit);
}

}  // namespace blkhang
