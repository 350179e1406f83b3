// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "klog/story.h"

namespace blkhang {

/// Puts a story together from the lines of one text after the other. No IO; linear in what it reads.
class StoryReader {
public:
    /// Another text of the same story begins: a file. Lines are counted from 1 again.
    void begin_text();
    /// The next line, without its end, with whatever prefix, quote or colour it came with.
    void line(std::string_view text);
    /// All that was told.
    LogStory finish();
};

}  // namespace blkhang
