// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>

#include "record/record.h"

namespace blkhang {

struct TextOptions {
    std::size_t columns = 100;  ///< paragraphs are broken to this width; tables and stacks are not
    bool colour = false;        ///< ANSI escape sequences
};

/// A record as people read it on a terminal: the verdict first, then why, then everything that it rests on.
std::string render_text(const Record& record, const TextOptions& options = {});

}  // namespace blkhang
