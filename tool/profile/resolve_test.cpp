// SPDX-License-Identifier: GPL-2.0-only
#include "profile/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(Resolve, LaterSetsWin) {
    const auto profile = resolve_profile("kvm-2011", {"churn.ring=5", "churn.ring=7", "probe.tier=kprobe"});
    ASSERT_TRUE(profile) << profile.error().message();
    EXPECT_EQ(profile->churn.ring, 7U);
    EXPECT_EQ(profile->probe.tier, TierChoice::kprobe);
}

TEST(Resolve, ErrorsAreTheUsersAndNameTheSet) {
    const auto profile = resolve_profile("kvm-2011", {"churn.rng=5"});
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().fault(), Fault::usage);
    EXPECT_THAT(profile.error().message(), HasSubstr("churn.rng"));
    EXPECT_THAT(profile.error().message(), HasSubstr("churn.ring"));
}

}  // namespace
}  // namespace blkhang
