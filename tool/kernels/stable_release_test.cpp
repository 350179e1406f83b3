// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/stable_release.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(StableRelease, IsNamedByTheReleaseOrByTheBuild) {
    const char* const debian = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3 (2026-11-20)";
    EXPECT_EQ(stable_release("6.1.192", ""), (StableRelease{{6, 1}, 192}));
    EXPECT_EQ(stable_release("6.1.155-176.282.amzn2023.x86_64", "#1 SMP"), (StableRelease{{6, 1}, 155}));
    EXPECT_EQ(stable_release("6.1.0-57-cloud-amd64", debian), (StableRelease{{6, 1}, 192}));
    EXPECT_EQ(stable_release("6.1.190", debian), (StableRelease{{6, 1}, 190})) << "what it says itself goes first";
}

TEST(StableRelease, IsNotKnownOfAKernelThatDoesNotNameIt) {
    const char* const debian = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3 (2026-11-20)";
    EXPECT_EQ(stable_release("6.12.0", debian), std::nullopt) << "of another series";
    EXPECT_EQ(stable_release("6.1.0-57", "#1 SMP Debian 6.1~rc3-1"), std::nullopt);
    EXPECT_EQ(stable_release("6.1.0-1025-oem", "#25-Ubuntu SMP PREEMPT_DYNAMIC"), std::nullopt);
    EXPECT_EQ(stable_release("6.1", ""), std::nullopt);
    EXPECT_EQ(stable_release("6.1.99999999999", ""), std::nullopt);
    EXPECT_EQ(stable_release("", debian), std::nullopt);
}

}  // namespace
}  // namespace blkhang
