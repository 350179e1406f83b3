// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "report/compare/experiment.h"
#include "report/compare/statistics.h"

namespace blkhang {
namespace {

/// Of the runs that measured both; nothing when none did.
std::optional<Share> share_of(const std::vector<const CellResult*>& runs, const char* counted, const char* all) {
    Share share;
    for (const CellResult* run : runs) {
        const auto part = run->load.find(counted);
        const auto whole = run->load.find(all);
        if (part != run->load.end() && whole != run->load.end()) {
            share.counted += part->second;
            share.all += whole->second;
        }
    }
    return share.all > 0 ? std::optional(share) : std::nullopt;
}

ComparedSide side(const Tally& tally, const Matrix& matrix) {
    std::vector<const CellResult*> runs;
    std::set<std::string> accelerators;
    std::vector<double> load;
    ComparedSide result;
    result.tally = tally;
    for (const CellResult& cell : matrix.cells) {
        if (cell.calibration || cell.subject != tally.subject) {
            continue;
        }
        if (!cell.accelerator.empty()) {
            accelerators.insert(cell.accelerator);
        }
        if (is_failure(cell.verdict) && result.proof.empty()) {
            result.proof = cell.reasons.front();
        }
        if (is_failure(cell.verdict) || cell.verdict == Verdict::clean) {
            runs.push_back(&cell);
            load.push_back(cell.load_s);
        }
    }
    result.accelerator = fmt::format("{}", fmt::join(accelerators, " and "));
    result.load_s = median(std::move(load)).value_or(0);
    result.statistics = share_of(runs, "stat_bytes", "bytes_written");
    result.plant_accounted = share_of(runs, "plant_bytes_accounted", "plant_bytes_submitted");
    return result;
}

Change when_after_fails(const FailureRate& before, const FailureRate& after, bool beyond_chance) {
    // Compared as fractions, without dividing.
    const bool more =
        std::uint64_t{after.failed} * before.conclusive() > std::uint64_t{before.failed} * after.conclusive();
    if (beyond_chance) {
        return more ? Change::regressed : Change::fewer_failures;
    }
    return before.failed == 0 ? Change::fails_now : Change::still_fails;
}

Change change_of(const Tally& before, const Tally& after, bool beyond_chance) {
    if (after.rate.failed > 0) {
        return when_after_fails(before.rate, after.rate, beyond_chance);
    }
    if (before.rate.conclusive() == 0 || after.rate.conclusive() == 0) {
        return Change::undecided;
    }
    if (before.rate.failed == 0) {
        return Change::never_failed;
    }
    if (!beyond_chance) {
        return Change::too_few_runs;
    }
    return after.verdict == Verdict::clean ? Change::fixed : Change::incomplete;
}

ComparedPair pair_of(ComparedSide before, ComparedSide after) {
    ComparedPair pair;
    pair.before = std::move(before);
    pair.after = std::move(after);
    const FailureRate& was = pair.before.tally.rate;
    const FailureRate& is = pair.after.tally.rate;
    pair.p = fisher_exact(was, is);
    pair.change = change_of(pair.before.tally, pair.after.tally, pair.p < kSignificant);
    if (pair.p >= kSignificant) {
        pair.runs_needed = runs_needed(was, is);
    }
    return pair;
}

/// What was asked for, by profile.
std::vector<Tally> asked_for(const Matrix& matrix) {
    std::vector<Tally> tallies = tally(matrix);
    std::erase_if(tallies, [](const Tally& each) { return each.calibration; });
    return tallies;
}

std::size_t count(const std::vector<Tally>& tallies, const std::string& profile) {
    return static_cast<std::size_t>(std::count_if(tallies.begin(), tallies.end(),
                                                  [&](const Tally& each) { return each.subject.profile == profile; }));
}

/// Takes the counterpart of `before` out of `afters`, if there is one.
std::optional<Tally> take_counterpart(const Tally& before, std::vector<Tally>& afters, bool by_profile) {
    const auto found = std::find_if(afters.begin(), afters.end(), [&](const Tally& after) {
        return by_profile ? after.subject.profile == before.subject.profile : after.subject == before.subject;
    });
    if (found == afters.end()) {
        return std::nullopt;
    }
    Tally result = std::move(*found);
    afters.erase(found);
    return result;
}

bool shows_nothing(const ComparedPair& pair) {
    switch (pair.change) {
        case Change::fixed:
            return false;
        case Change::never_failed:
            return pair.after.tally.verdict != Verdict::clean;
        default:
            return true;
    }
}

bool fails(const Tally& tally) { return tally.rate.failed > 0; }

Outcome outcome_of(const Comparison& comparison, bool after_cut_short) {
    const auto& pairs = comparison.pairs;
    const auto& rest = comparison.only_after;
    const auto pair_fails = [](const ComparedPair& pair) { return fails(pair.after.tally); };
    if (std::any_of(pairs.begin(), pairs.end(), pair_fails) || std::any_of(rest.begin(), rest.end(), fails)) {
        return Outcome::fails;
    }
    const bool something =
        std::any_of(pairs.begin(), pairs.end(), [](const ComparedPair& pair) { return pair.change == Change::fixed; });
    const bool clean_everywhere =
        !after_cut_short && is_one_experiment(comparison) && comparison.only_before.empty() &&
        std::none_of(pairs.begin(), pairs.end(), shows_nothing) &&
        std::all_of(rest.begin(), rest.end(), [](const Tally& each) { return each.verdict == Verdict::clean; });
    return something && clean_everywhere ? Outcome::good : Outcome::nothing_shown;
}

bool cut_short(const Matrix& matrix) { return matrix.cells.size() < matrix.planned; }

std::vector<std::string> notes_on(const Matrix& before, const Matrix& after) {
    std::vector<std::string> notes;
    for (const auto& [name, matrix] : {std::pair{"BEFORE", &before}, {"AFTER", &after}}) {
        if (cut_short(*matrix)) {
            notes.push_back(fmt::format("{} was cut short: {} of {} runs are missing", name,
                                        matrix->planned - matrix->cells.size(), matrix->planned));
        }
    }
    return notes;
}

}  // namespace

std::string_view to_string(Change change) {
    switch (change) {
        case Change::fixed:
            return "fixed";
        case Change::fewer_failures:
            return "fewer_failures";
        case Change::still_fails:
            return "still_fails";
        case Change::fails_now:
            return "fails_now";
        case Change::regressed:
            return "regressed";
        case Change::too_few_runs:
            return "too_few_runs";
        case Change::incomplete:
            return "incomplete";
        case Change::never_failed:
            return "never_failed";
        case Change::undecided:
            break;
    }
    return "undecided";
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::good:
            return "good";
        case Outcome::fails:
            return "fails";
        case Outcome::nothing_shown:
            break;
    }
    return "nothing_shown";
}

bool is_one_experiment(const Comparison& comparison) {
    return comparison.differences.empty() && comparison.unknown.empty();
}

Comparison compare(const Matrix& before, const Matrix& after) {
    Comparison result;
    const auto befores = asked_for(before);
    const auto afters = asked_for(after);
    result.only_after = afters;
    for (const Tally& each : befores) {
        const bool by_profile = count(befores, each.subject.profile) == 1 && count(afters, each.subject.profile) == 1;
        if (const auto counterpart = take_counterpart(each, result.only_after, by_profile)) {
            result.pairs.push_back(pair_of(side(each, before), side(*counterpart, after)));
        } else {
            result.only_before.push_back(each);
        }
    }
    result.notes = notes_on(before, after);
    compare_experiments(before, after, result);
    result.outcome = outcome_of(result, cut_short(after));
    result.tool = tool_of(after);
    return result;
}

Matrix side_of(const Matrix& matrix, std::string_view kernel, std::string_view plant) {
    Matrix side = matrix;
    std::erase_if(side.cells, [&](const CellResult& cell) { return cell.subject.kernel != kernel; });
    for (CellResult& cell : side.cells) {
        cell.calibration = cell.calibration || cell.subject.plant != plant;
    }
    // How many of the missing cells are of this side is not known: a matrix that was cut short leaves both so.
    side.planned = static_cast<std::uint32_t>(side.cells.size() + (matrix.planned - matrix.cells.size()));
    return side;
}

}  // namespace blkhang
