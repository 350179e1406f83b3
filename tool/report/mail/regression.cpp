// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/regression.h"

#include <fmt/format.h>

#include "report/compare/statistics.h"
#include "report/compare/words.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

/// Could so many runs show anything, had they come out as differently as they can?
bool enough_runs(const FailureRate& good, const FailureRate& bad) {
    return fisher_exact(failure_rate(0, good.conclusive()), failure_rate(bad.conclusive(), 0)) < kSignificant;
}

std::string not_one(std::string_view why) { return fmt::format("This is not reported as a regression: {}.", why); }

std::string as_built(const Tally& tally) {
    return one_line(tally.release.empty() ? tally.subject.kernel : tally.release);
}

std::string named(const Upstream& upstream, const Tally& tally) {
    return upstream.known() ? upstream.name() : as_built(tally);
}

/// Why not; empty if nothing speaks against it.
std::string objection(const ComparedPair& pair, const Upstream& good, const Upstream& bad) {
    const Tally& before = pair.before.tally;
    const FailureRate& is = pair.after.tally.rate;
    const std::string name = named(good, before);
    if (before.rate.failed > 0) {
        return fmt::format("the baseline {} fails as well ({})", name, failures(before.rate));
    }
    if (before.rate.conclusive() == 0) {
        return fmt::format("no run of the baseline {} came to a verdict", name);
    }
    if (before.calibrated == false) {
        return fmt::format(
            "that the baseline {} is clean means nothing, because the bug planted to calibrate it was not seen", name);
    }
    for (const auto& [upstream, tally] : {std::pair{&good, &before}, {&bad, &pair.after.tally}}) {
        if (!upstream->known()) {
            return fmt::format("which release of kernel.org {} was made from cannot be told", as_built(*tally));
        }
    }
    const bool is_unordered = std::get<0>(good.order) == 0 || std::get<0>(bad.order) == 0;
    if (is_unordered || (good.order == bad.order && !same_commit(good.commit, bad.commit))) {
        return fmt::format("which of {} and {} is the older one cannot be told by their names", good.name(),
                           bad.name());
    }
    if (good.order == bad.order) {
        return fmt::format("the baseline {} was made from the same release, {}", as_built(before), good.name());
    }
    if (good.order > bad.order) {
        return fmt::format("the baseline {} is newer. It {}, so the fix may lie between the two", good.name(),
                           failures(before.rate));
    }
    if (pair.p >= kSignificant && (enough_runs(before.rate, is) || is.passed > 0)) {
        return fmt::format("chance may explain that the baseline {} did not fail (p = {:.2g})", name, pair.p);
    }
    return {};
}

/// A stable series left mainline, so that its good releases say little of what mainline did meanwhile.
std::string across_series(const Upstream& good, const Upstream& bad) {
    if (good.is_next()) {
        return fmt::format(" linux-next is made anew each day: {} need not be an ancestor of {}.", good.name(),
                           bad.name());
    }
    if (!good.stable() || good.series() == bad.series()) {
        return {};
    }
    return fmt::format(
        " {} is of a stable series that {} does not belong to, so its fixes may be backports; the releases between, "
        "mainline {} to {}, were not measured in this comparison.",
        good.name(), bad.name(), good.series(), bad.stable() ? bad.series() : bad.name());
}

}  // namespace

BaselineFinding judge_baseline(const ComparedPair& pair, const Upstream& good, const Upstream& bad,
                               bool settings_known) {
    if (const std::string why = objection(pair, good, bad); !why.empty()) {
        return {false, not_one(why)};
    }
    const FailureRate& was = pair.before.tally.rate;
    std::string words =
        fmt::format("{} {}, with {}.", good.name(), failures(was),
                    settings_known ? "the same profile and load"
                                   : "a profile of the same name; whether its settings were the same is not known");
    if (pair.p < kSignificant) {
        words += fmt::format(" Chance does not explain the difference (p = {:.2g}, Fisher's exact test).", pair.p);
    } else {
        words += fmt::format(" With {} against {}, chance is not excluded.", runs(was.conclusive()),
                             runs(pair.after.tally.rate.conclusive()));
    }
    if (pair.before.accelerator != pair.after.accelerator) {
        words += " The two did not run under the same accelerator, which by itself may change how often it fails.";
    }
    return {true, words + across_series(good, bad)};
}

}  // namespace blkhang
