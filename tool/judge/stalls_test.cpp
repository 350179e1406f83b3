// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stalls.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

Deadlock cycle_since(std::uint64_t s) { return {Deadlock::Kind::livelock, s * kNsPerS, {}}; }

TEST(Stalls, AMomentsShortageIsNone) {
    Stalls stalls;
    stalls.look(cycle_since(1), 5 * kNsPerS);
    EXPECT_FALSE(stalls.told());
    stalls.look(cycle_since(1), 6 * kNsPerS);
    ASSERT_TRUE(stalls.told());
    EXPECT_EQ(stalls.told()->lasted_ns, 5 * kNsPerS);
    EXPECT_TRUE(stalls.told()->stands);
    EXPECT_FALSE(stalls.hangs());
}

TEST(Stalls, WhatClosesLaterDoesNotStandYet) {
    Stalls stalls;
    stalls.look(cycle_since(100), 90 * kNsPerS);
    EXPECT_FALSE(stalls.told());
    EXPECT_FALSE(stalls.hangs());
}

TEST(Stalls, TheLongestIsToldWhenItIsOver) {
    Stalls stalls;
    stalls.look(cycle_since(0), 70 * kNsPerS);
    EXPECT_TRUE(stalls.hangs());
    stalls.look(std::nullopt, 71 * kNsPerS);
    EXPECT_FALSE(stalls.hangs());
    stalls.look(cycle_since(80), 90 * kNsPerS);
    ASSERT_TRUE(stalls.told());
    EXPECT_EQ(stalls.told()->lasted_ns, 70 * kNsPerS);
    EXPECT_FALSE(stalls.told()->stands);
}

TEST(Stalls, OneThatHangsIsToldBeforeALongerOneThatEnded) {
    Stalls stalls;
    stalls.look(cycle_since(0), 90 * kNsPerS);
    stalls.look(cycle_since(100), 160 * kNsPerS);
    EXPECT_TRUE(stalls.hangs());
    EXPECT_EQ(stalls.told()->lasted_ns, 60 * kNsPerS);
    EXPECT_TRUE(stalls.told()->stands);
}

TEST(Stalls, WhatIsForgottenNeverWas) {
    Stalls stalls;
    stalls.look(cycle_since(0), 70 * kNsPerS);
    stalls.forget(cycle_since(0));
    EXPECT_FALSE(stalls.hangs());
    EXPECT_FALSE(stalls.told());
    stalls.look(cycle_since(1), 20 * kNsPerS);
    stalls.forget(cycle_since(30));
    ASSERT_TRUE(stalls.told()) << "another one";
    EXPECT_FALSE(stalls.told()->stands);
}

}  // namespace
}  // namespace blkhang
