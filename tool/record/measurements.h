// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/verdict_counts.h"

namespace blkhang {

/// What runs of one profile on one unmodified kernel came to. `ci/measured` counts them from matrices.
struct Measurement {
    std::string version;  ///< of the Debian package, e.g. "6.1.192-2"
    std::string profile;
    VerdictCounts verdicts;  ///< how many runs had each
};

/// Reads profiles/measured.json.
Result<std::vector<Measurement>> decode_measurements(std::string_view json);

}  // namespace blkhang
