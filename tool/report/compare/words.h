// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "report/compare/compare.h"

namespace blkhang {

/// What the runs of one profile show about the change, and what they do not; a paragraph.
std::string statement(const ComparedPair& pair);

/// "cgroup statistics: 100% of bytes written accounted before, 98.7% after"; a line for each that was measured.
std::vector<std::string> price(const ComparedPair& pair);

/// "failed in 3 of 10 runs (30%; 95% interval 6.7% to 65%)", "failed in none of 10 runs (95% upper bound 26%)".
std::string failures(const FailureRate& rate);

/// The kernel as exactly as it is known, and what was planted in it.
std::string kernel_words(const Tally& tally);

/// "duration: 40s before, 10s after"; with the profiles in brackets, where it is not true of all.
std::string words(const Difference& difference);

/// What the whole comparison comes to; one sentence.
std::string conclusion(const Comparison& comparison);

}  // namespace blkhang
