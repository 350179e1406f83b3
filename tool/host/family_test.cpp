// SPDX-License-Identifier: GPL-2.0-only
#include "host/family.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

using State = FamilyMember::State;

State state_of(const std::map<std::string, std::string>& fingerprints, const std::string& name) {
    const auto family = family_of(fingerprints);
    const auto found = std::ranges::find(family, name, &FamilyMember::name);
    EXPECT_NE(found, family.end()) << name;
    return found == family.end() ? State::unknown : found->state;
}

TEST(Family, AFixOfTheCommonHalfClosesAllThatNeedIt) {
    for (const auto& member : family_of({{"percpu_backing_noio", "yes"},
                                         {"elevator_tags_early", "no"},
                                         {"throttle_on_demand", "yes"},
                                         {"freeze_noio", "no"}})) {
        const bool is_cousin = member.name == "rqqos-abba" || member.name == "iocost-activate";
        EXPECT_EQ(member.state, is_cousin ? State::possible : State::closed) << member.name;
    }
    EXPECT_EQ(state_of({{"freeze_noio", "yes"}}, "iocost-activate"), State::closed);
}

TEST(Family, ItsOwnFixClosesAMember) {
    std::map<std::string, std::string> kernel{
        {"percpu_backing_noio", "no"}, {"elevator_tags_early", "no"}, {"iocost_frozen", "yes"}};
    EXPECT_EQ(state_of(kernel, "percpu-reclaim"), State::possible);
    EXPECT_EQ(state_of(kernel, "elv-switch"), State::possible);
    EXPECT_EQ(state_of(kernel, "iocost-enable"), State::possible);
    EXPECT_EQ(state_of(kernel, "elv-bfq"), State::possible);
    kernel["elevator_tags_early"] = "yes";
    kernel["iocost_frozen"] = "no";
    EXPECT_EQ(state_of(kernel, "elv-switch"), State::closed);
    EXPECT_EQ(state_of(kernel, "iocost-enable"), State::closed);
    EXPECT_EQ(state_of(kernel, "elv-bfq"), State::possible) << "no kernel has a fix of its own";
}

TEST(Family, WhatIsNotKnownIsNotGuessed) {
    EXPECT_EQ(state_of({}, "percpu-reclaim"), State::unknown);
    EXPECT_EQ(state_of({}, "elv-switch"), State::unknown);
    EXPECT_EQ(state_of({{"percpu_backing_noio", "no"}}, "hwq-update"), State::unknown);
    EXPECT_EQ(state_of({{"percpu_backing_noio", "no"}}, "noio-percpu"), State::unknown);
}

}  // namespace
}  // namespace blkhang
