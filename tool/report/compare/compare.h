// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/matrix.h"
#include "record/tally.h"

namespace blkhang {

/// What a change did to the runs of one profile.
enum class Change {
    fixed,           ///< failed before, clean after, and chance does not explain it
    fewer_failures,  ///< less often, beyond chance, but it still fails
    still_fails,     ///< before and after; no difference shown
    fails_now,       ///< for the first time after; chance may explain that it did not before
    regressed,       ///< more often, beyond chance
    too_few_runs,    ///< failed before, not after; chance may explain it
    incomplete,      ///< as fixed, but not all runs after are clean
    never_failed,    ///< on neither side: nothing can be learned about the change
    undecided,       ///< a side has no run that says something
};
std::string_view to_string(Change change);

/// What it comes to for AFTER.
enum class Outcome {
    good,   ///< something was fixed, AFTER is clean everywhere, and the sides are known to differ in nothing else
    fails,  ///< AFTER failed somewhere
    nothing_shown,  ///< neither can be said
};
std::string_view to_string(Outcome outcome);

/// Counted bytes of all bytes.
struct Share {
    std::uint64_t counted = 0, all = 0;
    [[nodiscard]] double value() const { return static_cast<double>(counted) / static_cast<double>(all); }
};

struct ComparedSide {
    Tally tally;
    std::string accelerator;               ///< "tcg", "kvm and tcg"; empty when unknown
    double load_s = 0;                     ///< median of the runs that say something; a run ends with the first proof
    std::string proof;                     ///< what the first run that failed gave as its reason; empty if none failed
    std::optional<Share> statistics;       ///< bytes in the cgroups' statistics of bytes really written, if measured
    std::optional<Share> plant_accounted;  ///< bytes that the planted code accounted of those submitted to it
};

struct ComparedPair {
    ComparedSide before, after;
    double p = 1;  ///< Fisher's exact test, two-sided
    Change change = Change::undecided;
    std::optional<std::uint32_t> runs_needed;  ///< on each side, to show a difference that is not shown yet
};

/// Something beside the kernel and what was planted in it that was not the same on the two sides: they were not one
/// experiment, and a change of the outcome may come from that.
struct Difference {
    std::string what;                   ///< "duration", "cgroup.version" and other settings; "tier", "accelerator", ...
    std::string before, after;          ///< "40s", "fentry and kprobe", "unknown"
    std::vector<std::string> profiles;  ///< of which it is true; empty for all
};

struct Comparison {
    Outcome outcome = Outcome::nothing_shown;
    std::vector<ComparedPair> pairs;             ///< in the order of BEFORE
    std::vector<Tally> only_before, only_after;  ///< without a counterpart
    std::vector<Difference> differences;         ///< each once
    std::vector<std::string> unknown;            ///< what neither side tells of its experiment: "profile", "tier"
    std::vector<std::string> notes;              ///< what else limits the comparison, in words
    std::string tool;                            ///< "0.1.0 (3f2c9d1a7be4)", of AFTER
};

/// Are the two sides known to differ in nothing but the kernel and what was planted in it?
bool is_one_experiment(const Comparison& comparison);

/// Subject by subject. A profile that each side ran on one kernel is compared whatever the kernels and plants are
/// called; otherwise kernel and plant must be the same. Companions that calibrate are not compared.
Comparison compare(const Matrix& before, const Matrix& after);

/// The part of a matrix that is about this kernel and plant: one side of a comparison within it. The kernel's other
/// runs stay in it, to calibrate.
Matrix side_of(const Matrix& matrix, std::string_view kernel, std::string_view plant);

}  // namespace blkhang
