// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "report/compare/compare.h"
#include "report/mail/kernel.h"

namespace blkhang {

/// What a baseline shows about the kernel that fails.
struct BaselineFinding {
    bool regression = false;
    std::string words;  ///< a paragraph: why it is one, or why not
};

/// BEFORE of the pair is the baseline. A regression takes a good kernel that was measured: older, clean in every run
/// that came to a verdict, and that by more than chance. Where the runs are too few for any outcome to be beyond
/// chance, the failing side must have failed every time, and the words say how thin that is.
/// Settings are known if both profiles are, and are the same then.
BaselineFinding judge_baseline(const ComparedPair& pair, const Upstream& good, const Upstream& bad,
                               bool settings_known);

}  // namespace blkhang
