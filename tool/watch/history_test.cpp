// SPDX-License-Identifier: GPL-2.0-only
#include "watch/history.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::vector<Observation> all_of(const History& history) {
    std::vector<Observation> all;
    history.each([&](const Observation& observation) { all.push_back(observation); });
    return all;
}

TEST(History, KeepsTheFirstOfEachNestingOverStretches) {
    History history({}, {});
    history.begin({1, "load"});
    history.note(seen::Edge{2, Scope::reclaim, Scope::percpu_alloc, 1, "a", 0, {}});
    history.note(seen::Edge{3, Scope::reclaim, Scope::percpu_alloc, 2, "b", 0, {}});
    history.note(seen::Edge{4, Scope::reclaim, Scope::percpu_alloc, 2, "b", 0, {}, "vda"});
    history.note(seen::Freeze{5, 1, "a", "vda", true});
    history.begin({6, "load"});
    ASSERT_EQ(history.edges().size(), 2U);
    EXPECT_EQ(history.edges().front().pid, 1);
    EXPECT_EQ(all_of(history).size(), 5U);  // hello, tier, phase and the two
}

TEST(History, OfReportsInWhichNothingWasLostKeepsTheLatest) {
    History history({}, {});
    history.begin({1, "load"});
    for (std::uint64_t i = 2; i < 1000; ++i) {
        history.note(seen::Counters{i, {}, {}, {}, 0});
        history.note(seen::Tick{i});
    }
    auto all = all_of(history);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(std::get<seen::Counters>(all[3]).at_ns, 999U);
    EXPECT_EQ(std::get<seen::Tick>(all[4]).at_ns, 999U);
    history.note(seen::Counters{1001, {}, {}, {}, 1});
    history.note(seen::Tick{1001});
    EXPECT_EQ(all_of(history).size(), 7U);
    EXPECT_FALSE(history.is_full());
}

TEST(History, IsBounded) {
    History history({}, {});
    history.begin({1, "load"});
    for (std::uint64_t i = 0; i < 100000; ++i) {
        history.note(seen::Freeze{i, 1, "a", "vda", i % 2 == 0});
    }
    EXPECT_TRUE(history.is_full());
    EXPECT_TRUE(history.is_cut());
    EXPECT_LT(all_of(history).size(), 5000U);
    history.begin({1, "load"});
    EXPECT_FALSE(history.is_full());
    EXPECT_FALSE(history.is_cut());
}

}  // namespace
}  // namespace blkhang
