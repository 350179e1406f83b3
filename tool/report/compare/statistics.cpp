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
    const double limit = boost::math::pdf(by_chance, before.failed) * kRounding;
    const std::uint32_t least = failed > after.conclusive() ? failed - after.conclusive() : 0;
    const std::uint32_t most = std::min(failed, before.conclusive());
    double p = 0;
    for (std::uint32_t outcome = least; outcome <= most; ++outcome) {
        const double likelihood = boost::math::pdf(by_chance, outcome);
        p += likelihood <= limit ? likelihood : 0;
    }
    return std::min(p, 1.0);
}

std::optional<std::uint32_t> runs_needed(const FailureRate& before, const FailureRate& after) {
    if (before.conclusive() == 0 || after.conclusive() == 0) {
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
