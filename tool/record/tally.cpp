// SPDX-License-Identifier: GPL-2.0-only
#include "record/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace blkhang {
namespace {

constexpr double kDoubt = 0.05;  // 95%
constexpr std::size_t kReasonsShown = 5;

/// Equal for reasons that differ only in numbers: process ids, counts.
std::string pattern(std::string_view reason) {
    std::string text;
    for (const char c : reason) {
        if (!ascii::is_digit(c)) {
            text += c;
        } else if (!text.ends_with('#')) {
            text += '#';
        }
    }
    return text;
}

/// Why runs were not clean: each reason once, with the number of runs that gave it.
class Reasons {
public:
    void add(Verdict verdict, const std::string& reason) {
        const auto [known, is_new] = index_.try_emplace({verdict, pattern(reason)}, entries_.size());
        if (is_new) {
            entries_.push_back({verdict, reason, 0});
        }
        ++entries_[known->second].count;
    }
    [[nodiscard]] std::vector<std::string> words() {
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return is_worse(a.verdict, b.verdict); });
        std::vector<std::string> result;
        for (const Entry& entry : entries_) {
            if (result.size() == kReasonsShown) {
                result.push_back(fmt::format("and {} other reasons", entries_.size() - kReasonsShown));
                break;
            }
            result.push_back(fmt::format("{} in {}{}: {}", to_string(entry.verdict), runs(entry.count),
                                         entry.count > 1 ? ", such as" : "", entry.reason));
        }
        return result;
    }

private:
    struct Entry {
        Verdict verdict;
        std::string reason;
        std::size_t count;
    };
    std::vector<Entry> entries_;
    std::map<std::pair<Verdict, std::string>, std::size_t> index_;  ///< by pattern
};

std::string summary(const Tally& tally) {
    const auto& rate = tally.rate;
    if (rate.conclusive() == 0) {
        return fmt::format("no run came to a verdict on the kernel: {}", in_words(tally.verdicts));
    }
    std::size_t total = 0;
    for (const auto& [verdict, count] : tally.verdicts) {
        total += count;
    }
    if (tally.verdicts.size() == 1) {
        return fmt::format("{} of {} {}; {}", total, total, to_string(tally.verdict), in_words(rate));
    }
    return fmt::format("{}: {}; {}", runs(total), in_words(tally.verdicts), in_words(rate));
}

Tally tally_of(const std::vector<const CellResult*>& cells) {
    Tally tally;
    tally.subject = cells.front()->subject;
    tally.calibration = cells.front()->calibration;
    tally.calibrated_by = cells.front()->calibrated_by.value_or(kCalibrationPlant);
    tally.verdict = Verdict::clean;
    Reasons reasons;
    for (const CellResult* cell : cells) {
        // A repeat that failed early may not know its kernel: any other will do.
        tally.label = tally.label.empty() ? cell->label : tally.label;
        tally.release = tally.release.empty() ? cell->release : tally.release;
        tally.verdict = std::min(tally.verdict, cell->verdict, is_worse);
        ++tally.verdicts[cell->verdict];
        tally.trials += cell->trials;
        if (cell->verdict == Verdict::clean) {
            continue;
        }
        for (const std::string& reason : cell->reasons) {
            reasons.add(cell->verdict, reason);
        }
    }
    std::uint32_t bad = 0;
    for (const auto& [verdict, count] : tally.verdicts) {
        bad += is_failure(verdict) ? count : 0;
    }
    const auto clean = tally.verdicts.find(Verdict::clean);
    tally.rate = failure_rate(bad, clean == tally.verdicts.end() ? 0 : clean->second);
    tally.reasons = {summary(tally)};
    std::ranges::move(reasons.words(), std::back_inserter(tally.reasons));
    return tally;
}

/// Takes back a `clean` that nothing shows to mean anything.
void calibrate(Tally& stock, const std::vector<const Tally*>& companions) {
    const Tally* companion = nullptr;
    for (const Tally* other : companions) {
        companion = other;
        stock.calibrated = stock.calibrated.value_or(false) || other->verdicts.contains(Verdict::hang);
    }
    stock.calibrated = stock.calibrated.value_or(false);
    if (*stock.calibrated || stock.verdict != Verdict::clean) {
        return;
    }
    stock.verdict = Verdict::inconclusive;
    stock.reasons.insert(stock.reasons.begin(),
                         companion == nullptr
                             ? fmt::format("not calibrated: nothing was run with {} planted", stock.calibrated_by)
                             : fmt::format("not calibrated: with {} planted this kernel was not called hang ({})",
                                           stock.calibrated_by, in_words(companion->verdicts)));
}

}  // namespace

bool is_failure(Verdict verdict) { return verdict == Verdict::hang || verdict == Verdict::hazard; }

FailureRate failure_rate(std::uint32_t failed, std::uint32_t passed) {
    FailureRate rate{.failed = failed, .passed = passed};
    const double n = rate.conclusive();
    if (n == 0) {
        return rate;
    }
    if (failed == 0) {
        rate.high = 1 - std::pow(kDoubt, 1 / n);
        return rate;
    }
    // In double, as everything else: long double is not the same everywhere, under valgrind least of all.
    using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
    using Binomial = boost::math::binomial_distribution<double, Policy>;
    rate.low = Binomial::find_lower_bound_on_p(n, failed, kDoubt / 2);
    rate.high = Binomial::find_upper_bound_on_p(n, failed, kDoubt / 2);
    return rate;
}

std::string percent(double share) {
    constexpr double kNear = 0.1;  // to an end
    const bool end = share == 0 || share == 1;
    const int decimals = !end && (share < kNear || share > 1 - kNear) ? 1 : 0;
    return fmt::format("{:.{}f}%", 100 * share, decimals);
}

std::string runs(std::size_t count) { return fmt::format("{} run{}", count, count == 1 ? "" : "s"); }

std::string in_words(const FailureRate& rate) {
    if (rate.conclusive() == 0) {
        return "nothing is known of how often it fails";
    }
    if (rate.failed == 0) {
        return fmt::format("fails in at most {} of runs (95%)", percent(rate.high));
    }
    return fmt::format("fails in {} to {} of runs (95%)", percent(rate.low), percent(rate.high));
}

std::vector<Tally> tally(const Matrix& matrix) {
    std::vector<std::vector<const CellResult*>> groups;
    std::map<std::pair<Subject, bool>, std::size_t> group_of;
    for (const CellResult& cell : matrix.cells) {
        const auto [group, is_new] = group_of.try_emplace({cell.subject, cell.calibration}, groups.size());
        if (is_new) {
            groups.emplace_back();
        }
        groups[group->second].push_back(&cell);
    }
    std::vector<Tally> tallies;
    std::transform(groups.begin(), groups.end(), std::back_inserter(tallies), tally_of);
    if (matrix.calibrate) {
        std::map<Subject, std::vector<const Tally*>> by_subject;
        for (const Tally& each : tallies) {
            by_subject[each.subject].push_back(&each);
        }
        for (Tally& each : tallies) {
            if (each.subject.plant.empty()) {
                calibrate(each, by_subject[{each.subject.kernel, each.subject.profile, each.calibrated_by}]);
            }
        }
    }
    return tallies;
}

Verdict overall(const std::vector<Tally>& tallies) {
    std::optional<Verdict> worst;
    for (const Tally& each : tallies) {
        if (!each.calibration) {
            worst = std::min(worst.value_or(each.verdict), each.verdict, is_worse);
        }
    }
    return worst.value_or(Verdict::error);
}

}  // namespace blkhang
