// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace blkhang {
namespace {

using Runs = std::vector<const CellResult*>;
using Values = std::set<std::string>;

constexpr const char* kUnknown = "unknown";
constexpr std::size_t kDigestShown = 12;

/// Those that said something, on one side.
struct Side {
    Side(const Matrix& matrix, const Subject& subject) : matrix(matrix) {
        for (const CellResult& cell : matrix.cells) {
            if (cell.calibration || cell.subject != subject) {
                continue;
            }
            if (is_failure(cell.verdict)) {
                failed.push_back(&cell);
            } else if (cell.verdict == Verdict::clean) {
                passed.push_back(&cell);
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

/// What a run got done, and how much of it is too little to be compared.
struct Amount {
    const char* name;   ///< of the counter of load; empty for the trials
    const char* words;  ///< for people
    double few;
};
constexpr double kFew = 10;
constexpr double kFewBytes = 1U << 20U;
constexpr std::array kAmounts{Amount{"", "trials", kFew}, Amount{"cgroups_created", "cgroups created", kFew},
                              Amount{"maps_created", "per-CPU arrays created", kFew},
                              Amount{"bytes_written", "bytes written", kFewBytes},
                              Amount{"swapped_out", "bytes swapped out", kFewBytes}};

std::optional<double> median_of(const Runs& runs, const Amount& amount) {
    std::vector<double> values;
    for (const CellResult* run : runs) {
        const auto counted = run->load.find(amount.name);
        if (*amount.name == '\0') {
            values.push_back(static_cast<double>(run->trials));
        } else if (counted != run->load.end()) {
            values.push_back(static_cast<double>(counted->second));
        }
    }
    return median(std::move(values));
}

std::optional<double> median_seconds(const Runs& runs) {
    std::vector<double> values;
    for (const CellResult* run : runs) {
        values.push_back(run->load_s);
    }
    return median(std::move(values));
}

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
        values("version of blkhang", tools(before), tools(after));
        load(before, after);
    }

    void finish() {
        for (Difference& each : comparison_.differences) {
            if (each.profiles.size() == comparison_.pairs.size()) {
                each.profiles.clear();
            }
        }
        if (!unknown_.empty()) {
            comparison_.notes.push_back(
                fmt::format("whether both sides had the same {} is unknown: an older blkhang did not record it",
                            fmt::join(unknown_, " and ")));
        }
    }

private:
    void add(const std::string& what, const std::string& before, const std::string& after) {
        auto& all = comparison_.differences;
        const auto known = std::find_if(all.begin(), all.end(), [&](const Difference& each) {
            return each.what == what && each.before == before && each.after == after;
        });
        Difference& difference = known == all.end() ? all.emplace_back(Difference{what, before, after, {}}) : *known;
        difference.profiles.push_back(profile_);
    }

    void values(const char* what, const Values& before, const Values& after) {
        if (before != after) {
            add(what, fmt::format("{}", fmt::join(before, " and ")), fmt::format("{}", fmt::join(after, " and ")));
        } else if (before.contains(kUnknown)) {
            unknown_.insert(what);
        }
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
        const auto was = median_seconds(before.passed);
        const auto is = median_seconds(after.passed);
        if (was && is && far_apart(*was, *is, 1)) {
            add("seconds of load", fmt::format("{:.0f}", *was), fmt::format("{:.0f}", *is));
        }
        for (const Amount& amount : kAmounts) {
            amounts(before, after, amount);
        }
    }
    void amounts(const Side& before, const Side& after, const Amount& amount) {
        const auto passed_before = median_of(before.passed, amount);
        const auto passed_after = median_of(after.passed, amount);
        const auto failed_before = median_of(before.failed, amount);
        const auto failed_after = median_of(after.failed, amount);
        constexpr auto kUntilItFailed = "{:.0f} until it failed";
        if (passed_before && passed_after && far_apart(*passed_before, *passed_after, amount.few)) {
            add(amount.words, fmt::format("{:.0f}", *passed_before), fmt::format("{:.0f}", *passed_after));
        } else if (failed_before && passed_after && far_below(*passed_after, *failed_before, amount.few)) {
            add(amount.words, fmt::format(kUntilItFailed, *failed_before), fmt::format("{:.0f}", *passed_after));
        } else if (passed_before && failed_after && far_below(*passed_before, *failed_after, amount.few)) {
            add(amount.words, fmt::format("{:.0f}", *passed_before), fmt::format(kUntilItFailed, *failed_after));
        }
    }
    static bool far_below(double one, double other, double few) { return other >= few && other > kLoadFactor * one; }
    static bool far_apart(double one, double other, double few) {
        return far_below(one, other, few) || far_below(other, one, few);
    }

    Comparison& comparison_;
    std::string profile_;
    std::set<std::string> unknown_;
};

}  // namespace

void compare_experiments(const Matrix& before, const Matrix& after, Comparison& comparison) {
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
