// SPDX-License-Identifier: GPL-2.0-only
#include "probe/attach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace blkhang
