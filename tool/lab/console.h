// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "lab/line_splitter.h"

namespace blkhang {

/// Remembers from a kernel's console what explains an end that came too early.
class Console {
public:
    void feed(std::string_view chunk);
    /// The first line that speaks of the kernel's death (oops, panic, BUG), without its time stamp; empty if none.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    /// The last few lines, joined by " | ".
    [[nodiscard]] std::string tail() const;

private:
    LineSplitter splitter_{limits::kConsoleLine};
    std::deque<std::string> last_;
    std::string trouble_;
};

}  // namespace blkhang
