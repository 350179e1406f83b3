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
///     expected_fail  ok ... # XFAIL      as tools/testing/selftests/kselftest.h prints it
///     skip           ok ... # SKIP       with the verdict; so is a subtest of which nothing else is left
///     error          not ok ... # ERROR  so is a matrix that was cut short, as one more test
///
/// Without nesting it is TAP version 13, for what reads no subtests: all tests in a row, named with their kernels.
enum class Nesting { subtests, none };
std::string render_ktap(const TestResults& results, Nesting nesting = Nesting::subtests);

}  // namespace blkhang
