// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "report/compare/compare.h"

namespace blkhang {

/// What was asked for, without companions that calibrate: grouped once, as matrices may have thousands of subjects.
using RunsBySubject = std::map<Subject, std::vector<const CellResult*>>;
/// Points into the matrix.
RunsBySubject runs_by_subject(const Matrix& matrix);

struct ExperimentSide {
    const Matrix& matrix;
    const RunsBySubject& runs;
};

/// Looks for what was not the same on the two sides of the pairs, the kernel and what was planted in it aside: profile
/// and settings, tier, accelerator, version of blkhang, load reached. Only runs that said something count, since the
/// outcome rests on them. What older records do not tell is a difference if one side does, else unknown; neither shows
/// a fix.
void compare_experiments(const ExperimentSide& before, const ExperimentSide& after, Comparison& comparison);

/// Amounts of load that differ by more are called a difference.
inline constexpr double kLoadFactor = 3;
/// The same of how fast the load went until it failed and in all of a run that passed. Larger: memory pressure swaps
/// out several times as much in its first seconds as later.
inline constexpr double kRateFactor = 20;

/// The greater of the middle ones; nothing of nothing.
std::optional<double> median(std::vector<double> values);

}  // namespace blkhang
