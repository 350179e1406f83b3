// SPDX-License-Identifier: GPL-2.0-only
#include "host/triggers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/testing/sample_view.h"
#include "profile/shipped.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Trigger = MemberHere::Trigger;

MemberHere here(const HostView& view, const std::string& name) {
    const auto all = members_here(view);
    const auto found = std::ranges::find_if(all, [&](const MemberHere& one) { return one.member->name == name; });
    EXPECT_NE(found, all.end()) << name;
    return found == all.end() ? MemberHere{} : *found;
}

TEST(Triggers, ARuleThatWouldSwitchTheSchedulerIsPresent) {
    const HostView view = sample_view();
    EXPECT_EQ(here(view, "elv-switch").trigger, Trigger::by_hand);
    const HostView ruled = with_rule(view, "bfq");
    EXPECT_EQ(here(ruled, "elv-bfq").trigger, Trigger::present);
    EXPECT_THAT(here(ruled, "elv-bfq").by,
                ElementsAre("udev rule /etc/udev/rules.d/60-io.rules:3 writes bfq to queue/scheduler of vda"));
    EXPECT_EQ(here(ruled, "elv-switch").trigger, Trigger::present) << "tags are made for any scheduler";
    EXPECT_EQ(here(ruled, "elv-kyber").trigger, Trigger::by_hand);
}

TEST(Triggers, ARuleThatHasBeenObeyedChangesNothing) {
    HostView view = with_rule(sample_view(), "mq-deadline");
    view.disks[0].scheduler = "mq-deadline";
    const MemberHere one = here(view, "elv-switch");
    EXPECT_EQ(one.trigger, Trigger::by_hand);
    EXPECT_THAT(one.by, testing::Contains(HasSubstr("as it is")));
}

TEST(Triggers, ARuleForOtherDisksIsNone) {
    HostView view = with_rule(sample_view(), "bfq");
    view.writers[0].disks.clear();
    EXPECT_EQ(here(view, "elv-bfq").trigger, Trigger::by_hand);
}

TEST(Triggers, WithoutSwapOnADiskNothingIsSetOff) {
    HostView view = with_rule(sample_view(), "bfq");
    view.swaps.clear();
    view.disks.clear();
    for (const MemberHere& one : members_here(view)) {
        EXPECT_EQ(one.trigger, Trigger::none) << one.member->name;
        EXPECT_THAT(one.by, ElementsAre("nothing is swapped to here"));
    }
    view.swaps = {{{"/dev/zram0", 1, 0, 100}, {{"zram0"}, {"zram0"}, {"zram0"}}}};
    view.disks = {{.name = "zram0", .number = "251:0", .driver = "zram"}};
    EXPECT_THAT(here(view, "elv-bfq").by, ElementsAre(HasSubstr("in memory only")));
}

TEST(Triggers, WhatIsFirstOnceIsNotFirstAgain) {
    HostView view = sample_view();
    EXPECT_EQ(here(view, "iomax-first").trigger, Trigger::by_hand);
    view.limits = {{"/db", "io.max", "io.max", "254:0", "wbps=1"}};
    EXPECT_EQ(here(view, "iomax-first").trigger, Trigger::none);
    EXPECT_THAT(here(view, "iomax-first").by, ElementsAre("io.max is set already, by cgroup /db, for vda"));
    view.limits[0].number = "8:0";
    EXPECT_EQ(here(view, "iomax-first").trigger, Trigger::by_hand) << "that is another disk's";
}

TEST(Triggers, WithoutAControllerItsFileIsNotThere) {
    HostView view = sample_view();
    view.facts.cgroups.clear();
    EXPECT_EQ(here(view, "iomax-first").trigger, Trigger::none);
    view.disks[0].wbt_lat_us.reset();
    EXPECT_EQ(here(view, "wbt-enable").trigger, Trigger::none);
}

TEST(Triggers, SomeDisksDoItByThemselves) {
    HostView view = sample_view();
    EXPECT_EQ(here(view, "hwq-update").trigger, Trigger::none);
    view.disks[0].driver = "nvme";
    EXPECT_EQ(here(view, "hwq-update").trigger, Trigger::present);
    EXPECT_EQ(here(view, "uspace-blk").trigger, Trigger::none);
    view.disks[0].driver = "nbd";
    view.disks[0].served_by = 4711;
    EXPECT_THAT(here(view, "uspace-blk").by, ElementsAre("nbd (process 4711) serves vda"));
}

TEST(Triggers, WhoNamesNoDiskMayMeanAnother) {
    HostView view = with_rule(sample_view(), "bfq");
    view.writers[0].by_variable = true;
    const MemberHere one = here(view, "elv-bfq");
    EXPECT_EQ(one.trigger, Trigger::by_hand);
    EXPECT_THAT(one.by, testing::Contains(HasSubstr("disks that it does not name, perhaps vda")));
}

TEST(Triggers, OneReasonForManyDisksIsOne) {
    HostView view = sample_view();
    view.disks.push_back(view.disks[0]);
    view.disks[1].name = "vdb";
    view.swaps[0].path.queues.push_back("vdb");
    EXPECT_THAT(here(view, "elv-bfq").by, ElementsAre("a write to queue/scheduler of vda, vdb"));
    EXPECT_THAT(here(view, "uspace-blk").by, ElementsAre("nbd or ublk would have to serve vda, vdb"));
}

TEST(Triggers, ACircleOfTwoWritersTakesBoth) {
    HostView view = sample_view();
    view.writers = {{"systemd unit", "/etc/systemd/system/db.service", 2, "io.max", "", {"vda"}, ""}};
    EXPECT_EQ(here(view, "rqqos-abba").trigger, Trigger::by_hand);
    view = with_rule(view, "bfq");
    EXPECT_EQ(here(view, "rqqos-abba").trigger, Trigger::present);
}

TEST(Triggers, MembersThatTheKernelRulesOutAreLeftOut) {
    HostView view = sample_view();
    for (FamilyMember& member : view.family) {
        member.state = FamilyMember::State::closed;
    }
    EXPECT_TRUE(members_here(view).empty());
}

/// The table of the family and the profiles that provoke its members tell the same.
TEST(Triggers, AreThoseOfTheProfiles) {
    const auto family = family_of({});
    int compared = 0;
    for (const std::string& name : shipped_profiles()) {
        const auto member = std::ranges::find(family, name, &FamilyMember::name);
        const auto profile = load_profile(name);
        ASSERT_TRUE(profile) << profile.error().message();
        if (member == family.end()) {
            continue;
        }
        for (const auto& trigger : profile->triggers) {
            if (trigger.phase != TriggerPhase::load) {
                continue;
            }
            const auto write = std::ranges::find_if(member->set_off.writes, [&](const FamilyMember::Write& one) {
                return trigger.file.ends_with("/" + one.knob);
            });
            ASSERT_NE(write, member->set_off.writes.end()) << name << " writes to " << trigger.file;
            for (const std::string& trial : trigger.trials) {
                EXPECT_TRUE(write->values.empty() || std::ranges::find(write->values, trial) != write->values.end())
                    << name << ": " << trial;
            }
            EXPECT_EQ(write->first_only, trigger.disk == TriggerDisk::fresh) << name;
            ++compared;
        }
        if (profile->swap.device == SwapKind::nbd) {
            EXPECT_EQ(std::ranges::count(member->set_off.drivers, "nbd"), 1) << name;
            ++compared;
        }
    }
    EXPECT_EQ(compared, 9);
}

}  // namespace
}  // namespace blkhang
