// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// Takes what is read, piece by piece: the name of each text before its lines, which come without their ends.
struct LogSink {
    std::function<void(std::string_view name)> text;
    std::function<void(std::string_view line)> line;
};

/// Are they files that can be opened? For whoever makes something before they are read.
Status check_logs(const std::vector<std::string>& paths);

/// Reads texts of any length line by line, `-` being standard input; of a line that is longer than any log's, only its
/// beginning. What is no text (a binary journal, a compressed file) is the user's error, which says how to make one of
/// it.
Status read_logs(const std::vector<std::string>& paths, const LogSink& sink);

}  // namespace blkhang
