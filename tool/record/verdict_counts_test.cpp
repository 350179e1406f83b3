// SPDX-License-Identifier: GPL-2.0-only
#include "record/verdict_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(IsWorse, ProofGoesBeforeBreakage) {
    std::vector<Verdict> all{Verdict::clean, Verdict::inconclusive, Verdict::unsupported,
                             Verdict::error, Verdict::hazard,       Verdict::hang};
    std::sort(all.begin(), all.end(), is_worse);
    EXPECT_THAT(all, ElementsAre(Verdict::hang, Verdict::hazard, Verdict::error, Verdict::unsupported,
                                 Verdict::inconclusive, Verdict::clean));
}

TEST(IsWorse, NothingIsWorseThanItself) {
    for (const Verdict each : {Verdict::hang, Verdict::error, Verdict::clean}) {
        EXPECT_FALSE(is_worse(each, each));
    }
}

TEST(VerdictCounts, TheWorstIsSaidFirst) {
    EXPECT_EQ(in_words(VerdictCounts{{Verdict::clean, 3}, {Verdict::error, 1}, {Verdict::hang, 4}}),
              "4 hang, 1 error, 3 clean");
    EXPECT_EQ(in_words(VerdictCounts{}), "");
}

}  // namespace
}  // namespace blkhang
