// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// "3.2 s", "4.4 ms": as exact as anybody needs it. Given milliseconds.
std::string duration_words(double ms);

/// "owns pcpu_alloc_mutex and waits for kswapd".
std::string role(const Record::Task& task);

/// What happened, to whom, and how it is known; one paragraph.
std::string what_happened(const Record& record);

/// What the reader can do now.
struct NextStep {
    std::string text;                   ///< one sentence or two
    std::vector<std::string> commands;  ///< that do it, for a shell
};
/// `directory` is where the record is, as the reader knows it.
std::vector<NextStep> next_steps(const Record& record, const std::string& directory = "DIR");

}  // namespace blkhang
