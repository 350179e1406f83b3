// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "report/export/test_results.h"

namespace blkhang {

/// JUnit XML in the form that most readers agree on: a testsuite per kernel, a testcase per run, times in seconds,
/// timestamps in UTC without a zone.
///
///     pass           nothing
///     fail           failure  of the kernel; type is the verdict
///     expected_fail  skipped  since JUnit knows no expected failures
///     skip           skipped
///     error          error    so is a matrix that was cut short, as a testcase in a suite of its own
///
/// What is known is the text of failure or error, else system-out; system-out ends in the end of the kernel's log.
std::string render_junit(const TestResults& results);

}  // namespace blkhang
