// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/matrix.h"
#include "record/verdict_counts.h"

namespace blkhang {

/// Did a run with this verdict fail? Of the others only clean ones passed.
bool is_failure(Verdict verdict);

/// How often runs failed, and what that says of the rate at which they do. Only runs that said something count: hang
/// and hazard failed, clean passed.
struct FailureRate {
    std::uint32_t failed = 0, passed = 0;
    [[nodiscard]] std::uint32_t conclusive() const { return failed + passed; }
    /// Of the rate, from 0 to 1. With failures: the exact (Clopper-Pearson) 95% interval, two-sided. Without any: `low`
    /// is 0 and `high` the one-sided 95% upper bound, 1-0.05^(1/n), since only one side is in question.
    double low = 0, high = 1;
};
FailureRate failure_rate(std::uint32_t failed, std::uint32_t passed);

/// "26%", "0.6%"; a decimal where a whole number would hide what matters, near 0 and 1.
std::string percent(double share);
/// "1 run", "10 runs".
std::string runs(std::size_t count);
/// "fails in at most 26% of runs (95%)", "fails in 35% to 93% of runs (95%)".
std::string in_words(const FailureRate& rate);

/// The repeats of one subject, taken together.
struct Tally {
    Subject subject;
    bool calibration = false;
    std::string calibrated_by;  ///< the plant
    std::string label, release;
    /// The worst (is_worse) of the repeats; clean becomes inconclusive when not calibrated.
    Verdict verdict = Verdict::error;
    std::vector<std::string> reasons;
    VerdictCounts verdicts;
    FailureRate rate;
    std::uint64_t trials = 0;  ///< of all repeats
    /// Was the planted bug seen in this kernel with this profile? Nothing when that was not asked for, or is not to be
    /// asked: a planted subject is calibration itself.
    std::optional<bool> calibrated;
};

/// In the order in which the subjects first appear.
std::vector<Tally> tally(const Matrix& matrix);

/// The worst verdict (is_worse) of what was asked for: companions that calibrate do not count. `error` when there is
/// nothing.
Verdict overall(const std::vector<Tally>& tallies);

}  // namespace blkhang
