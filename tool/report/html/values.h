// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "judge/judge.h"
#include "record/json.h"
#include "record/record.h"

namespace blkhang {

/// The values of a page with every string in them such that HTML and XML can hold it.
Json clean_values(Json values);

/// The stack of a task of a cycle, line by line: text, allocator, note (false if there is none).
Json noted_lines(const Record::Task& task);

/// How a page paints a verdict: "bad", "good" or "open".
std::string_view tone_of(Verdict verdict);

/// A path as it may stand in a link.
std::string link_to(std::string_view path);

/// "HANG"
std::string shouted(std::string_view verdict);

}  // namespace blkhang
