// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "report/export/test_results.h"

namespace blkhang {

/// KTAP version 1 (docs.kernel.org/dev-tools/ktap.html), which as far as it is not nested is TAP, too. A record is one
/// test, a matrix a subtest per kernel with one test per run. Reasons and the cycle are diagnostics before the result.
///
///     pass           ok
///     fail           not ok
///     expected_fail  not ok ... # XFAIL  does not fail the kernel's subtest
///     skip           ok ... # SKIP       so is a subtest of which nothing else is left
///     error          not ok ... # ERROR  so is a matrix that was cut short, as one more test
std::string render_ktap(const TestResults& results);

}  // namespace blkhang
