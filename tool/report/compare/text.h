// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "report/compare/compare.h"
#include "report/text/record.h"

namespace blkhang {

/// A comparison as people read it on a terminal: what it comes to, then profile by profile, then what limits it.
std::string render_comparison(const Comparison& comparison, const TextOptions& options = {});

/// The same for programs: indented JSON that ends in a newline, `"schema": "blkhang-comparison/1"`.
std::string encode(const Comparison& comparison);

}  // namespace blkhang
