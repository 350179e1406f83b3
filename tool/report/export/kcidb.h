// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "report/export/test_results.h"

namespace blkhang {

/// May this name a CI system in KCIDB? Lower-case letters, digits and underscores, at least one.
bool is_kcidb_origin(std::string_view name);

/// KCIDB I/O 5.3: a checkout and a build per kernel, a test per run. `origin` is the name of the CI system that would
/// submit it. A kernel with a bug planted is a build of its own, so that nothing planted is told of the kernel as it is
/// shipped. Ids are made from the content: the same run is the same test in every export. Runs that a matrix cut short
/// never made are not in it.
///
///     pass                 PASS
///     fail, expected_fail  FAIL, the latter of the build with the bug planted
///     skip                 SKIP
///     error                ERROR, or MISS if the run never got as far as its load
///
/// What the format has no place for is in `misc`. `commit` is that of git which the kernel was built from, if somebody
/// says so; there must be but one kernel then.
std::string render_kcidb(const TestResults& results, const std::string& origin, std::string_view commit = {});

}  // namespace blkhang
