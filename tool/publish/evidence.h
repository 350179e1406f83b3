// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>

#include "base/directory.h"
#include "base/result.h"
#include "profile/profile.h"
#include "report/export/test_results.h"

namespace blkhang {

/// The record or the matrix in DIR as test results, with what the runs left there. A record that cannot be read is an
/// error; in a matrix, whose verdicts are its own, it is a run without evidence.
Result<TestResults> read_test_results(const Directory& directory);

/// The profile that the run in DIR resolved; nothing if it left none, or one that this version cannot read.
std::optional<Profile> profile_in(const Directory& directory);
/// The .config that the run in DIR left; empty if it left none. Whatever it is called, it may be anything.
std::string kernel_config_in(const Directory& directory);
/// The profile, for what cannot do without; an error says what is the matter.
Result<Profile> profile_as_run(const Directory& directory);

}  // namespace blkhang
