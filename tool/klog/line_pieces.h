// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "klog/kernel_line.h"

namespace blkhang {

/// Puts lines together that came in pieces: mail programs wrap lines, and old kernels print a lock in pieces, of which
/// a busy console or a logger makes a line each.
class LinePieces {
public:
    struct Line {
        std::string_view text;  ///< valid until the next line
        KernelLine told;
        bool is_grown_lock = false;  ///< the lock of the line before, of which more is known now
    };
    /// The next line, without prefix and trimmed, together with the pieces before it if it goes on with them. Whether
    /// it had a prefix: what a mail program wrapped has none.
    Line add(std::string_view text, bool has_prefix);

private:
    bool joins_cut(std::string_view text, bool has_prefix, Line& line);
    bool joins_lock(std::string_view text, Line& line);

    std::string whole_;  ///< that was handed out
    std::string cut_;    ///< a headline or a task so far
    bool cut_had_prefix_ = false;
    std::string lock_;  ///< a lock so far
    bool lock_is_named_ = false;
    std::size_t pieces_ = 0;
};

}  // namespace blkhang
