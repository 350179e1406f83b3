// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/statistics.h"

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>
#include <cmath>

namespace blkhang {

double fisher_exact(const FailureRate& before, const FailureRate& after) {
    const std::uint32_t failed = before.failed + after.failed;
    const std::uint32_t runs = before.conclusive() + after.conclusive();
    if (before.conclusive() == 0 || after.conclusive() == 0 || failed == 0 || failed == runs) {
        return 1;  // only one outcome was possible
    }
    using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;  // as in the tally
    const boost::math::hypergeometric_distribution<double, Policy> by_chance(failed, before.conclusive(), runs);
    // Outcomes exactly as likely as the one seen count too; rounding must not decide that.
    constexpr double kRounding = 1 + 1e-7;
    const double seen = boost::math::pdf(by_chance, before.failed);
    const double limit = seen * kRounding;
    const std::uint32_t least = failed > after.conclusive() ? failed - after.conclusive() : 0;
    const std::uint32_t most = std::min(failed, before.conclusive());
    // How much likelier one more failure before the change is: asking boost for each would take as long as that is.
    const auto ratio = [&](double outcome) {
        return (failed - outcome) * (before.conclusive() - outcome) /
               ((outcome + 1) * (1.0 * after.conclusive() - failed + outcome + 1));
    };
    double p = seen;
    double likelihood = seen;
    for (std::uint32_t outcome = before.failed; outcome < most; ++outcome) {
        likelihood *= ratio(outcome);
        p += likelihood <= limit ? likelihood : 0;
    }
    likelihood = seen;
    for (std::uint32_t outcome = before.failed; outcome > least; --outcome) {
        likelihood /= ratio(outcome - 1.0);
        p += likelihood <= limit ? likelihood : 0;
    }
    return std::min(p, 1.0);
}

std::optional<std::uint32_t> runs_needed(const FailureRate& before, const FailureRate& after) {
    const bool is_equal =
        std::uint64_t{before.failed} * after.conclusive() == std::uint64_t{after.failed} * before.conclusive();
    if (is_equal) {  // also where one side has no run at all
        return std::nullopt;
    }
    const auto at = [](const FailureRate& rate, std::uint32_t runs) {
        FailureRate scaled;
        scaled.failed = static_cast<std::uint32_t>(std::lround(1.0 * rate.failed * runs / rate.conclusive()));
        scaled.passed = runs - scaled.failed;
        return scaled;
    };
    for (std::uint32_t runs = std::max(before.conclusive(), after.conclusive()); runs <= kMostRunsNeeded; ++runs) {
        if (fisher_exact(at(before, runs), at(after, runs)) < kSignificant) {
            return runs;
        }
    }
    return std::nullopt;
}

}  // namespace blkhang
