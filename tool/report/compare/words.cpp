// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/compare/statistics.h"

namespace blkhang {
namespace {

/// "10 of 10 runs", "none of 10 runs".
std::string failed_runs(const FailureRate& rate) {
    return rate.failed == 0 ? fmt::format("none of {}", runs(rate.conclusive()))
                            : fmt::format("{} of {}", rate.failed, runs(rate.conclusive()));
}

std::string more_runs(const ComparedPair& pair) {
    if (!pair.runs_needed) {
        return {};
    }
    return fmt::format(" If the rates hold, {} on each side would show a difference.", runs(*pair.runs_needed));
}

std::string if_not_clean(const Tally& tally) {
    return tally.verdict == Verdict::clean ? "" : fmt::format(" ({})", tally.reasons.front());
}

std::string undecided(const ComparedPair& pair) {
    std::string text;
    for (const auto& [name, side] : {std::pair{"BEFORE", &pair.before}, {"AFTER", &pair.after}}) {
        if (side->tally.rate.conclusive() == 0) {
            text += fmt::format("{}{}: {}", text.empty() ? "undecided: " : "; ", name, side->tally.reasons.front());
        }
    }
    return text + ".";
}

std::string percent_or_unknown(const std::optional<Share>& share) {
    return share ? percent(share->value()) : std::string("an unknown part");
}

}  // namespace

std::string statement(const ComparedPair& pair) {
    const FailureRate& was = pair.before.tally.rate;
    const FailureRate& is = pair.after.tally.rate;
    const std::string both =
        fmt::format("BEFORE failed in {}, AFTER in {} (p = {:.2g})", failed_runs(was), failed_runs(is), pair.p);
    switch (pair.change) {
        case Change::fixed:
            return fmt::format("fixed beyond chance: {}.", both);
        case Change::fewer_failures:
            return fmt::format("still fails, though less often beyond chance: {}.", both);
        case Change::still_fails:
            return fmt::format("still fails, no difference shown: {}.{}", both, more_runs(pair));
        case Change::fails_now:
            return was.conclusive() == 0
                       ? fmt::format("fails: AFTER in {}; no run of BEFORE came to a verdict.", failed_runs(is))
                       : fmt::format("fails now, which chance may explain: {}.{}", both, more_runs(pair));
        case Change::regressed:
            return fmt::format("regressed beyond chance: {}.", both);
        case Change::too_few_runs: {
            const bool single = was.conclusive() == 1 && is.conclusive() == 1;
            return fmt::format("{}: {}.{}", single ? "single runs prove nothing" : "no difference shown", both,
                               more_runs(pair));
        }
        case Change::incomplete:
            return fmt::format("fails less beyond chance, but AFTER is not clean everywhere{}: {}.",
                               if_not_clean(pair.after.tally), both);
        case Change::never_failed:
            return fmt::format("BEFORE did not fail in {}: this shows nothing about the change.{}",
                               runs(was.conclusive()),
                               pair.after.tally.verdict == Verdict::clean
                                   ? ""
                                   : fmt::format(" AFTER is {}{}.", to_string(pair.after.tally.verdict),
                                                 if_not_clean(pair.after.tally)));
        case Change::undecided:
            break;
    }
    return undecided(pair);
}

std::vector<std::string> price(const ComparedPair& pair) {
    std::vector<std::string> lines;
    const auto add = [&](std::string_view what, std::string_view of, const auto& before, const auto& after) {
        if (before || after) {
            lines.push_back(fmt::format("{}: {} of {} accounted before, {} after", what, percent_or_unknown(before), of,
                                        percent_or_unknown(after)));
        }
    };
    add("cgroup statistics", "bytes written", pair.before.statistics, pair.after.statistics);
    add("planted code", "bytes submitted to it", pair.before.plant_accounted, pair.after.plant_accounted);
    return lines;
}

std::string failures(const FailureRate& rate) {
    if (rate.conclusive() == 0) {
        return "no run came to a verdict";
    }
    if (rate.failed == 0) {
        return fmt::format("failed in {} (95% upper bound {})", failed_runs(rate), percent(rate.high));
    }
    return fmt::format("failed in {} ({}; 95% interval {} to {})", failed_runs(rate),
                       percent(static_cast<double>(rate.failed) / rate.conclusive()), percent(rate.low),
                       percent(rate.high));
}

std::string kernel_words(const Tally& tally) {
    std::string text = tally.label.empty() ? tally.subject.kernel : tally.label;
    if (!tally.release.empty()) {
        text += fmt::format(", {}", tally.release);
    }
    if (!tally.subject.plant.empty()) {
        text += fmt::format(", with {} planted", tally.subject.plant);
    }
    return text;
}

std::string words(const Difference& difference) {
    std::string text = fmt::format("{}: {} before, {} after", difference.what, difference.before, difference.after);
    if (!difference.profiles.empty()) {
        text += fmt::format(" ({})", fmt::join(difference.profiles, ", "));
    }
    return text;
}

std::string conclusion(const Comparison& comparison) {
    switch (comparison.outcome) {
        case Outcome::good:
            return "AFTER is good: BEFORE fails, AFTER is clean everywhere, and chance does not explain that.";
        case Outcome::fails:
            return "AFTER fails.";
        case Outcome::nothing_shown:
            break;
    }
    if (!comparison.differences.empty()) {
        return "Nothing is shown: AFTER did not fail, but the two sides are not the same experiment.";
    }
    if (!comparison.unknown.empty()) {
        return fmt::format("Nothing is shown: AFTER did not fail, but whether both sides had the same {} is not known.",
                           fmt::join(comparison.unknown, " and "));
    }
    return "Nothing is shown: AFTER did not fail, but that does not make the change a fix.";
}

}  // namespace blkhang
