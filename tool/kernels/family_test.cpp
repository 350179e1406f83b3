// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

using State = FamilyMember::State;
using testing::HasSubstr;

FamilyMember member_of(const std::map<std::string, std::string>& fingerprints, const std::string& name,
                       const std::vector<MeasuredHangs>& measured = {}) {
    const auto family = family_of(fingerprints, measured);
    const auto found = std::ranges::find(family, name, &FamilyMember::name);
    EXPECT_NE(found, family.end()) << name;
    return found == family.end() ? FamilyMember{name, "", {}, State::unknown, ""} : *found;
}
State state_of(const std::map<std::string, std::string>& fingerprints, const std::string& name) {
    return member_of(fingerprints, name).state;
}

TEST(Family, AFixOfTheCommonHalfClosesOnlyTheLockCycle) {
    const std::map<std::string, std::string> kernel{
        {"percpu_backing_noio", "yes"}, {"freeze_noio", "yes"}, {"elevator_tags_early", "no"}};
    EXPECT_EQ(state_of(kernel, "percpu-reclaim"), State::closed);
    const auto scheduler = member_of(kernel, "elv-switch");
    EXPECT_EQ(scheduler.state, State::possible);
    ASSERT_EQ(scheduler.ways.size(), 4U);
    EXPECT_EQ(scheduler.ways[0].state, State::closed);
    EXPECT_EQ(scheduler.ways[1].state, State::closed);
    EXPECT_EQ(scheduler.ways[2].state, State::possible);
    EXPECT_THAT(scheduler.why, HasSubstr("livelock over memory: what dd_init_sched()"));
    EXPECT_EQ(state_of(kernel, "noio-percpu"), State::closed);
    EXPECT_EQ(state_of(kernel, "uspace-blk"), State::unknown);
}

TEST(Family, ItsOwnFixClosesAllWaysOfAMember) {
    std::map<std::string, std::string> kernel{
        {"percpu_backing_noio", "no"}, {"freeze_noio", "no"}, {"nr_requests_early", "no"}};
    EXPECT_EQ(state_of(kernel, "percpu-reclaim"), State::possible);
    const auto open = member_of(kernel, "nr-requests");
    ASSERT_EQ(open.ways.size(), 4U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(open.ways[i].state, State::possible) << open.ways[i].name;
    }
    kernel["nr_requests_early"] = "yes";
    EXPECT_EQ(state_of(kernel, "nr-requests"), State::unknown) << "a limit's writer may be waited for by any freezer";
    kernel["elevator_data_early"] = "yes";
    EXPECT_EQ(state_of(kernel, "nr-requests"), State::closed);
    EXPECT_EQ(state_of(kernel, "elv-bfq"), State::possible) << "no kernel has a fix of its own";
}

TEST(Family, WhatElseIsAllocatedInTheFreezeStaysOpen) {
    const auto kyber =
        member_of({{"percpu_backing_noio", "no"}, {"freeze_noio", "yes"}, {"elevator_data_early", "yes"}}, "elv-kyber");
    EXPECT_EQ(kyber.state, State::possible);
    EXPECT_EQ(kyber.ways[0].state, State::closed);
    EXPECT_THAT(kyber.why, HasSubstr("kyber_init_hctx()"));
}

TEST(Family, WhatIsNotKnownIsNotGuessed) {
    EXPECT_EQ(state_of({}, "percpu-reclaim"), State::unknown);
    EXPECT_EQ(state_of({}, "nr-requests"), State::unknown);
    EXPECT_EQ(state_of({{"percpu_backing_noio", "no"}}, "hwq-update"), State::unknown);
    EXPECT_EQ(state_of({{"percpu_backing_noio", "no"}}, "noio-percpu"), State::unknown);
}

TEST(Family, WhatWasMeasuredOverridesWhatIsInferred) {
    const std::map<std::string, std::string> fixed{{"nr_requests_early", "yes"}, {"elevator_data_early", "yes"}};
    ASSERT_EQ(state_of(fixed, "nr-requests"), State::closed);
    const auto measured = member_of(fixed, "nr-requests", {{"nr-requests", "7.3.4-1", 2, 0, 20}});
    EXPECT_EQ(measured.state, State::possible);
    EXPECT_EQ(measured.why, "measured: 2 of 20 boots hung on 7.3.4-1");
    EXPECT_EQ(member_of(fixed, "nr-requests", {{"nr-requests", "7.3.4-1", 0, 0, 20}}).state, State::closed);
    EXPECT_THAT(member_of(fixed, "kvm-2011", {{"kvm-2011", "3.1", 0, 1, 1}}).why,
                HasSubstr("1 of 1 boots showed the cycle of locks on 3.1"));
}

TEST(Family, WhatWasNotBuiltInIsClosed) {
    const std::map<std::string, std::string> prints{{"percpu_backing_noio", "no"}, {"freeze_noio", "no"}};
    const auto state = [&](const std::map<std::string, std::string>& config, const std::string& name) {
        const auto family = family_of(prints, {}, config);
        return std::ranges::find(family, name, &FamilyMember::name)->state;
    };
    EXPECT_EQ(state({}, "elv-bfq"), State::possible);
    EXPECT_EQ(state({{"CONFIG_BFQ_GROUP_IOSCHED", "y"}}, "elv-bfq"), State::possible);
    EXPECT_EQ(state({{"CONFIG_BFQ_GROUP_IOSCHED", "n"}}, "elv-bfq"), State::closed);
    EXPECT_EQ(state({{"CONFIG_BFQ_GROUP_IOSCHED", "n"}}, "iocost-enable"), State::possible);
    for (const FamilyMember& one : family_of(prints, {}, {{"CONFIG_SWAP", "n"}})) {
        EXPECT_EQ(one.state, State::closed) << one.name;
        EXPECT_THAT(one.why, HasSubstr("CONFIG_SWAP"));
        for (const FamilyMember::Way& way : one.ways) {
            EXPECT_EQ(way.state, State::closed) << one.name;
        }
    }
}

TEST(Family, WhatHangsByItselfSaysWhatSetsItOff) {
    for (const FamilyMember& one : family_of({})) {
        EXPECT_EQ(one.hangs, !one.set_off.writes.empty() || !one.set_off.drivers.empty()) << one.name;
    }
}

}  // namespace
}  // namespace blkhang
