// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
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

ComparedSide side(const Tally& tally, const RunsBySubject& all) {
    std::vector<const CellResult*> runs;
    std::set<std::string> accelerators;
    std::vector<double> load;
    ComparedSide result;
    result.tally = tally;
    for (const CellResult* cell : all.at(tally.subject)) {
        if (!cell->accelerator.empty()) {
            accelerators.insert(cell->accelerator);
        }
        if (is_failure(cell->verdict) && result.proof.empty()) {
            result.proof = cell->reasons.front();
        }
        if (is_failure(cell->verdict) || cell->verdict == Verdict::clean) {
            runs.push_back(cell);
            load.push_back(cell->load_s);
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

/// The tallies of AFTER, each of which is the counterpart of one of BEFORE at most.
class Counterparts {
public:
    explicit Counterparts(std::vector<Tally> tallies) : tallies_(std::move(tallies)) {
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            by_subject_.emplace(tallies_[i].subject, i);
            by_profile_[tallies_[i].subject.profile].push_back(i);
        }
    }
    /// Null if there is none. `by_profile`: is it the only one of its profile in BEFORE?
    const Tally* take(const Tally& before, bool by_profile) {
        const auto alike = by_profile_.find(before.subject.profile);
        if (alike == by_profile_.end()) {
            return nullptr;
        }
        if (by_profile && alike->second.size() == 1) {
            return take(alike->second.front());
        }
        const auto same = by_subject_.find(before.subject);
        return same == by_subject_.end() ? nullptr : take(same->second);
    }
    [[nodiscard]] std::vector<Tally> rest() const {
        std::vector<Tally> rest;
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            if (!taken_.contains(i)) {
                rest.push_back(tallies_[i]);
            }
        }
        return rest;
    }

private:
    const Tally* take(std::size_t i) { return taken_.insert(i).second ? &tallies_[i] : nullptr; }

    std::vector<Tally> tallies_;
    std::map<Subject, std::size_t> by_subject_;
    std::map<std::string, std::vector<std::size_t>> by_profile_;
    std::set<std::size_t> taken_;
};

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
    const auto runs_before = runs_by_subject(before);
    const auto runs_after = runs_by_subject(after);
    std::map<std::string, std::size_t> of_profile;
    for (const Tally& each : befores) {
        ++of_profile[each.subject.profile];
    }
    Counterparts afters(asked_for(after));
    for (const Tally& each : befores) {
        if (const Tally* counterpart = afters.take(each, of_profile.at(each.subject.profile) == 1)) {
            result.pairs.push_back(pair_of(side(each, runs_before), side(*counterpart, runs_after)));
        } else {
            result.only_before.push_back(each);
        }
    }
    result.only_after = afters.rest();
    result.notes = notes_on(before, after);
    compare_experiments({before, runs_before}, {after, runs_after}, result);
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
