// SPDX-License-Identifier: GPL-2.0-only
#include "judge/mutex_taken.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

Deadlock cycle_at(std::uint64_t closed_ns, Awaited awaited = Awaited::percpu_mutex()) {
    return {Deadlock::Kind::cycle, closed_ns, {{10, "task", std::move(awaited), {}, {}}}};
}

/// `maps` had been created by each of these times.
MutexTaken told(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& maps) {
    MutexTaken taken;
    for (const auto& [at_ns, created] : maps) {
        taken.note({at_ns, {}, {}, {{"maps_created", created}}, 0});
    }
    return taken;
}

TEST(MutexTaken, WhoHadItOrWasAboutToSaysNothing) {
    EXPECT_EQ(told({{10, 100}, {20, 164}}).against(cycle_at(5)), 0U);
    EXPECT_EQ(told({{10, 100}, {20, 165}}).against(cycle_at(5)), 65U);
}

TEST(MutexTaken, WhatCameBeforeTheCycleDoesNotCount) {
    const auto taken = told({{10, 100}, {20, 300}, {30, 400}});
    EXPECT_EQ(taken.against(cycle_at(11)), 100U);
    EXPECT_EQ(taken.against(cycle_at(20)), 100U);
    EXPECT_EQ(taken.against(cycle_at(21)), 0U) << "of the time from 21 to 30 nothing is known";
    EXPECT_EQ(taken.against(cycle_at(31)), 0U);
}

TEST(MutexTaken, TimesThatRunBackwardsAreTakenForStandingStill) {
    EXPECT_EQ(told({{10, 100}, {3, 300}, {12, 500}}).against(cycle_at(11)), 0U);
    EXPECT_EQ(told({{10, 100}, {3, 300}, {12, 500}}).against(cycle_at(4)), 400U);
}

TEST(MutexTaken, SpeaksOfNoOtherLock) {
    EXPECT_EQ(told({{10, 100}, {20, 500}}).against(cycle_at(5, Awaited::memory())), 0U);
}

TEST(MutexTaken, CountersThatTellNoMapsAreIgnored) {
    auto taken = told({{10, 100}});
    taken.note({20, {}, {}, {{"ios", 5000}}, 0});
    EXPECT_EQ(taken.against(cycle_at(5)), 0U);
}

}  // namespace
}  // namespace blkhang
