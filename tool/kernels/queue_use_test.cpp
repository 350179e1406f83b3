// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/queue_use.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(QueueUse, IsCertainUpToTheLastReleaseThatWasWatched) {
    EXPECT_TRUE(surely_uses_queue("6.1.192", "#1 SMP"));
    EXPECT_TRUE(surely_uses_queue("6.1.0-57-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3 (2026-11-20)"));
    EXPECT_FALSE(surely_uses_queue("6.1.193", "#1 SMP")) << "which may have the fix";
    EXPECT_FALSE(surely_uses_queue("6.1.0-58-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.193-1 (2026-12-20)"));
}

/// A 0 in the place of the stable release says that somebody does not name it there.
TEST(QueueUse, IsNotCertainOfAKernelThatDoesNotNameItsStableRelease) {
    EXPECT_FALSE(surely_uses_queue("6.1.0-1025-oem", "#25-Ubuntu SMP PREEMPT_DYNAMIC"));
    EXPECT_FALSE(surely_uses_queue("6.1-custom", "#1 SMP"));
    EXPECT_FALSE(surely_uses_queue("", ""));
}

TEST(QueueUse, IsNotCertainInOtherSeries) {
    for (const auto* release : {"5.10.262", "6.6.100", "6.11.9", "6.12.57", "6.12.117", "6.18.1", "7.3.4"}) {
        EXPECT_FALSE(surely_uses_queue(release, "#1 SMP")) << release;
    }
}

/// A kernel of which it is certain cannot be one that the judge takes to be without it.
TEST(QueueUse, IsPossibleWhereverItIsCertain) {
    EXPECT_TRUE(kWithQueueUse.contain({6, 1}));
    EXPECT_FALSE(kWithQueueUseFix.contain({6, 1}));
}

}  // namespace
}  // namespace blkhang
