// SPDX-License-Identifier: GPL-2.0-only
#include "probe/attach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "judge/sights.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(Attach, AutoPrefersWhatTheKernelDoesNotPreempt) {
    EXPECT_THAT(tiers_by_preference(false),
                ElementsAre(TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint));
    EXPECT_THAT(tiers_by_preference(true), ElementsAre(TierChoice::kprobe, TierChoice::fentry, TierChoice::tracepoint));
}

TEST(Attach, EveryTierHasARow) {
    EXPECT_EQ(tiers_by_preference(false).size() + 1, kTierNames.size()) << "all but auto";
}

/// With nothing attached, single places are missing, and not all that there is.
TEST(Attach, TheJudgeKnowsEveryTier) {
    for (std::size_t i = 1; i < kTierNames.size(); ++i) {
        const auto missing =
            unwatched({.used = std::string(kTierNames.at(i)), .attached = {}, .missing = {}}, "6.1", true);
        EXPECT_GT(missing.size(), 1U) << kTierNames.at(i);
    }
}

}  // namespace
}  // namespace blkhang
