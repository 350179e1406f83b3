// SPDX-License-Identifier: GPL-2.0-only
#include "judge/standstill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kLong = 15 * kNsPerS;

using Load = std::map<std::string, std::uint64_t>;

/// What stood still at 40 s, of a load that was told at these seconds.
std::vector<std::string> stood_at_40_s(const std::vector<std::pair<std::uint64_t, Load>>& told) {
    Standstill standstill;
    for (const auto& [at_s, load] : told) {
        standstill.observe({at_s * kNsPerS, {}, {}, load, 0});
    }
    return standstill.stood(40 * kNsPerS, kLong);
}

Load switched(std::uint64_t attempts, std::uint64_t ended, const Load& settings = {}) {
    Load load{{"trigger_switch_attempts", attempts},
              {"trigger_switch_successes", ended},
              {"trigger_switch_trials", ended / 2},
              {"trigger_switch_failures", 0}};
    load.insert(settings.begin(), settings.end());
    return load;
}

TEST(Standstill, ATriggerOfWhichNoAttemptEndsStands) {
    EXPECT_THAT(stood_at_40_s({{4, switched(1, 1)}, {24, switched(120, 120)}, {40, switched(200, 200)}}), IsEmpty());
    EXPECT_THAT(stood_at_40_s({{4, switched(1, 1)}, {24, switched(3, 2)}, {40, switched(3, 2)}}),
                ElementsAre("trigger_switch"))
        << "stuck in its third";
    EXPECT_THAT(stood_at_40_s({{4, switched(0, 0)}, {40, switched(0, 0)}}), IsEmpty()) << "it has not begun";
}

TEST(Standstill, ATriggerWhoseNextAttemptIsDueStandsToo) {
    const auto stopped = [](const Load& settings) {
        return stood_at_40_s(
            {{4, switched(1, 1, settings)}, {8, switched(3, 3, settings)}, {40, switched(3, 3, settings)}});
    };
    EXPECT_THAT(stopped({{"trigger_switch_at_most", 0}}), ElementsAre("trigger_switch"));
    EXPECT_THAT(stopped({{"trigger_switch_at_most", 4}}), ElementsAre("trigger_switch")) << "one disk is left";
    EXPECT_THAT(stopped({{"trigger_switch_at_most", 3}}), IsEmpty()) << "it has had all";
    EXPECT_THAT(stopped({}), IsEmpty()) << "an older stream: it may have had all";
    EXPECT_THAT(stopped({{"trigger_switch_at_most", 0}, {"trigger_switch_pause_ms", 18'000}}), IsEmpty())
        << "it is to pause for so long";
}

TEST(Standstill, ManyAttemptsAreThoseOfATriggerThatGoesOn) {
    const auto stopped = [](std::uint64_t at) {
        return stood_at_40_s({{4, switched(1, 1)}, {8, switched(at, at)}, {40, switched(at, at)}});
    };
    EXPECT_THAT(stopped(16), IsEmpty());
    EXPECT_THAT(stopped(17), ElementsAre("trigger_switch"));
}

/// The bios of cgroups that come and go hid that no writer got anything done.
TEST(Standstill, WritersAndMembersHaveToMoveEach) {
    const auto load = [](std::uint64_t writers, std::uint64_t members) {
        return Load{{"ios", writers + members}, {"writer_ios", writers}, {"member_ios", members}};
    };
    EXPECT_THAT(stood_at_40_s({{1, load(1, 1)}, {25, load(1, 200)}, {40, load(1, 400)}}), ElementsAre("writer_ios"));
    EXPECT_THAT(stood_at_40_s({{1, load(1, 1)}, {25, load(200, 1)}, {40, load(400, 1)}}), ElementsAre("member_ios"));
    EXPECT_THAT(stood_at_40_s({{1, load(1, 0)}, {25, load(200, 0)}, {40, load(400, 0)}}), IsEmpty())
        << "there are no members";
    EXPECT_THAT(stood_at_40_s({{1, {{"ios", 5}}}, {40, {{"ios", 5}}}}), ElementsAre("ios")) << "an older stream";
}

TEST(Standstill, WritersThatNeverWroteStandFromTheBeginning) {
    const auto load = [](std::uint64_t writers, std::uint64_t cgroups) {
        return Load{{"steady_writers", writers}, {"writer_ios", 0}, {"cgroups_created", cgroups}};
    };
    EXPECT_THAT(stood_at_40_s({{1, load(4, 1)}, {25, load(4, 50)}, {39, load(4, 99)}}), ElementsAre("writer_ios"));
    EXPECT_THAT(stood_at_40_s({{1, load(0, 1)}, {39, load(0, 99)}}), IsEmpty()) << "there are none";
    EXPECT_THAT(stood_at_40_s({{30, load(4, 1)}, {39, load(4, 99)}}), IsEmpty()) << "it is not long";
}

/// A machine whose allocations all fail stands still, too.
TEST(Standstill, WhatFailsAgainAndAgainIsNoProgress) {
    for (const auto* failures : {"write_failures", "cgroup_failures", "map_failures"}) {
        Standstill standstill;
        standstill.observe({kNsPerS, {}, {}, {{"ios", 1}, {failures, 1}}, 0});
        standstill.observe({30 * kNsPerS, {}, {}, {{"ios", 1}, {failures, 500}}, 0});
        EXPECT_EQ(standstill.since_ns(40 * kNsPerS, kLong), kNsPerS) << failures;
    }
}

TEST(Standstill, WhatATriggerIsAskedForIsNoProgress) {
    Standstill standstill;
    standstill.observe({kNsPerS, {}, {}, {{"ios", 1}}, 0});
    standstill.observe({30 * kNsPerS, {}, {}, {{"ios", 1}, {"trigger_switch_pause_ms", 4200}}, 0});
    standstill.observe({31 * kNsPerS, {}, {}, {{"ios", 1}, {"trigger_switch_at_most", 8}}, 0});
    EXPECT_EQ(standstill.since_ns(40 * kNsPerS, kLong), kNsPerS);
}

}  // namespace
}  // namespace blkhang
