// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "record/record.h"
#include "report/words/templates.h"

namespace blkhang {

/// Why a script that has no blkhang cannot do what a profile does: all reasons. Empty if it can.
std::vector<std::string> beyond_a_script(const Profile& profile);

/// What makes the run again where there is no blkhang: a shell script that holds a C file, for whoever has a virtual
/// machine. `profile` is the one that the record's run was made with, resolved. Fault::usage, with all reasons, where
/// it would do something else.
Result<std::string> standalone_script(const Record& record, const Profile& profile, const Templates& templates);

/// The same as a case of blktests, which gives a test one device: a load that takes more is Fault::usage, too.
Result<std::string> blktests_case(const Record& record, const Profile& profile, const Templates& templates);
/// What such a case prints if all is well: blktests compares it with a file beside the case.
std::string blktests_output(std::string_view number);

}  // namespace blkhang
