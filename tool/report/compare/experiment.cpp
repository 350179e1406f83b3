// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>

namespace blkhang {
namespace {

using Runs = std::vector<const CellResult*>;
using Values = std::set<std::string>;

constexpr const char* kUnknown = "unknown";
constexpr const char* kVersion = "version of blkhang";
constexpr std::string_view kDirty = "-dirty";  // built from more than the commit that is named
constexpr std::size_t kDigestShown = 12;

/// Those that said something, on one side.
struct Side {
    Side(const ExperimentSide& all, const Subject& subject) : matrix(all.matrix) {
        for (const CellResult* cell : all.runs.at(subject)) {
            if (is_failure(cell->verdict)) {
                failed.push_back(cell);
            } else if (cell->verdict == Verdict::clean) {
                passed.push_back(cell);
            }
        }
    }
    [[nodiscard]] bool silent() const { return failed.empty() && passed.empty(); }

    /// Of all runs; `get` gives an optional text.
    template <class Get>
    [[nodiscard]] Values values(const Get& get) const {
        Values values;
        for (const Runs* runs : {&failed, &passed}) {
            for (const CellResult* run : *runs) {
                values.insert(get(*run).value_or(kUnknown));
            }
        }
        return values;
    }

    const Matrix& matrix;
    Runs failed, passed;
};

std::optional<std::string> digest_in(const CellResult& run) { return run.profile_digest; }
std::optional<std::string> tier_in(const CellResult& run) { return run.tier; }
std::optional<std::string> accelerator_in(const CellResult& run) {
    return run.accelerator.empty() ? std::nullopt : std::optional(run.accelerator);
}

using Measured = std::optional<double>;

Measured seconds_in(const CellResult& run, const char* /*name*/) { return run.load_s; }
Measured trials_in(const CellResult& run, const char* /*name*/) { return static_cast<double>(run.trials); }
Measured counted_in(const CellResult& run, const char* name) {
    const auto counted = run.load.find(name);
    return counted == run.load.end() ? Measured() : static_cast<double>(counted->second);
}

/// What a run got done, and how much of it is too little to be compared.
struct Amount {
    const char* words;  ///< for people
    double few;
    Measured (*in)(const CellResult& run, const char* name);
    const char* name = "";  ///< of the counter of load
};
constexpr double kFewSeconds = 1;
constexpr double kFew = 10;
constexpr double kFewBytes = 1U << 20U;
constexpr std::array kAmounts{Amount{"seconds of load", kFewSeconds, seconds_in},
                              Amount{"trials", kFew, trials_in},
                              Amount{"cgroups created", kFew, counted_in, "cgroups_created"},
                              Amount{"per-CPU arrays created", kFew, counted_in, "maps_created"},
                              Amount{"bytes written", kFewBytes, counted_in, "bytes_written"},
                              Amount{"bytes swapped out", kFewBytes, counted_in, "swapped_out"}};

Measured median_of(const Runs& runs, const Amount& amount) {
    std::vector<double> values;
    for (const CellResult* run : runs) {
        if (const Measured value = amount.in(*run, amount.name)) {
            values.push_back(*value);
        }
    }
    return median(std::move(values));
}

/// "130", and "0.1" where that is not nothing.
std::string number(double value) { return value < 1 ? fmt::format("{:.1g}", value) : fmt::format("{:.0f}", value); }

class Comparer {
public:
    explicit Comparer(Comparison& comparison) : comparison_(comparison) {}

    void pair(const Side& before, const Side& after, const std::string& profile) {
        if (before.silent() || after.silent()) {
            return;  // there is no outcome that could come from a difference
        }
        profile_ = profile;
        settings(before, after);
        values("tier", before.values(tier_in), after.values(tier_in));
        values("accelerator", before.values(accelerator_in), after.values(accelerator_in));
        values(kVersion, tools(before), tools(after));
        load(before, after);
    }

    void finish() {
        for (Difference& each : comparison_.differences) {
            if (each.profiles.size() == comparison_.pairs.size()) {
                each.profiles.clear();
            }
        }
        comparison_.unknown.assign(unknown_.begin(), unknown_.end());
        if (!unknown_.empty()) {
            comparison_.notes.push_back(
                fmt::format("whether both sides had the same {} is unknown: it was not recorded, or changed after the "
                            "commit that is named",
                            fmt::join(unknown_, " and ")));
        }
    }

private:
    void add(const std::string& what, const std::string& before, const std::string& after) {
        auto& all = comparison_.differences;
        const auto [known, is_new] = known_.try_emplace({what, before, after}, all.size());
        if (is_new) {
            all.push_back({what, before, after, {}});
        }
        all[known->second].profiles.push_back(profile_);
    }

    void values(const char* what, const Values& before, const Values& after) {
        if (before != after) {
            add(what, fmt::format("{}", fmt::join(before, " and ")), fmt::format("{}", fmt::join(after, " and ")));
        } else if (std::ranges::any_of(before, is_unknown)) {
            unknown_.insert(what);
        }
    }
    static bool is_unknown(const std::string& value) {
        return value == kUnknown || value.find(kDirty) != std::string::npos;
    }

    /// A cell may be of another version than its matrix: --resume does not run again what was done before.
    static Values tools(const Side& side) {
        return side.values(
            [&](const CellResult& run) { return std::optional(in_words(run.tool.value_or(side.matrix.tool))); });
    }

    void settings(const Side& before, const Side& after) {
        const Values was = before.values(digest_in);
        const Values is = after.values(digest_in);
        const Settings* known_before = settings_in(before.matrix, was);
        const Settings* known_after = settings_in(after.matrix, is);
        if (was == is || known_before == nullptr || known_after == nullptr || *known_before == *known_after) {
            values("profile", shortened(was), shortened(is));
            return;
        }
        std::set<std::string> keys;
        for (const Settings* settings : {known_before, known_after}) {
            for (const auto& [key, value] : *settings) {
                keys.insert(key);
            }
        }
        for (const std::string& key : keys) {
            const std::string value = value_in(*known_before, key);
            const std::string other = value_in(*known_after, key);
            if (value != other) {
                add(key, value, other);
            }
        }
    }
    static const Settings* settings_in(const Matrix& matrix, const Values& digests) {
        const auto found = digests.size() == 1 ? matrix.profiles.find(*digests.begin()) : matrix.profiles.end();
        return found == matrix.profiles.end() ? nullptr : &found->second;
    }
    static std::string value_in(const Settings& settings, const std::string& key) {
        const auto found = settings.find(key);
        return found == settings.end() ? "none" : found->second;
    }
    /// To what people can compare, unless what differs would be cut off.
    static Values shortened(const Values& digests) {
        Values result;
        for (const std::string& digest : digests) {
            result.insert(digest.substr(0, kDigestShown));
        }
        return result.size() == digests.size() ? result : digests;
    }

    /// A run that failed ends with its proof, however early: what it got done until then is no measure of what it would
    /// have. But one that passed must not have done much less than that, or it may have ended before what would come.
    void load(const Side& before, const Side& after) {
        for (const Amount& amount : kAmounts) {
            amounts(before, after, amount);
            if (amount.in == counted_in) {
                rates(before, after, amount);
            }
        }
    }
    void amounts(const Side& before, const Side& after, const Amount& amount) {
        const auto passed_before = median_of(before.passed, amount);
        const auto passed_after = median_of(after.passed, amount);
        const auto failed_before = median_of(before.failed, amount);
        const auto failed_after = median_of(after.failed, amount);
        const auto until_it_failed = [](double value) { return number(value) + " until it failed"; };
        const bool told_before = passed_before || failed_before;
        const bool told_after = passed_after || failed_after;
        if (told_before != told_after) {
            add(amount.words, told_before ? "told" : kUnknown, told_after ? "told" : kUnknown);
        } else if (passed_before && passed_after && far_apart(*passed_before, *passed_after, amount.few)) {
            add(amount.words, number(*passed_before), number(*passed_after));
        } else if (failed_before && passed_after && far_below(*passed_after, *failed_before, amount.few)) {
            add(amount.words, until_it_failed(*failed_before), number(*passed_after));
        } else if (passed_before && failed_after && far_below(*passed_before, *failed_after, amount.few)) {
            add(amount.words, number(*passed_before), until_it_failed(*failed_after));
        }
    }
    /// How fast the load went where one side failed early: far slower after that, it may never have come as far.
    void rates(const Side& before, const Side& after, const Amount& amount) {
        const auto fast = rate_of(before.failed, amount);
        const auto slow = rate_of(after.passed, amount);
        if (fast && slow && *fast >= amount.few && *fast > kRateFactor * *slow) {
            add(fmt::format("{} per second", amount.words), number(*fast) + " until it failed", number(*slow));
        }
    }
    static Measured rate_of(const Runs& runs, const Amount& amount) {
        const auto seconds = median_of(runs, kAmounts.front());
        const auto value = median_of(runs, amount);
        return seconds && value && *seconds > 0 ? Measured(*value / *seconds) : Measured();
    }
    static bool far_below(double one, double other, double few) { return other >= few && other > kLoadFactor * one; }
    static bool far_apart(double one, double other, double few) {
        return far_below(one, other, few) || far_below(other, one, few);
    }

    Comparison& comparison_;
    std::string profile_;
    std::map<std::array<std::string, 3>, std::size_t> known_;  ///< where each of the differences stands
    std::set<std::string> unknown_;
};

}  // namespace

RunsBySubject runs_by_subject(const Matrix& matrix) {
    RunsBySubject runs;
    for (const CellResult& cell : matrix.cells) {
        if (!cell.calibration) {
            runs[cell.subject].push_back(&cell);
        }
    }
    return runs;
}

void compare_experiments(const ExperimentSide& before, const ExperimentSide& after, Comparison& comparison) {
    Comparer comparer(comparison);
    for (const ComparedPair& pair : comparison.pairs) {
        comparer.pair({before, pair.before.tally.subject}, {after, pair.after.tally.subject},
                      pair.before.tally.subject.profile);
    }
    comparer.finish();
}

std::optional<double> median(std::vector<double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace blkhang
