// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

const ProbePoint& entry(std::string_view place) {
    const auto points = probe_points(TierChoice::kprobe);
    return *std::ranges::find_if(
        points, [&](const ProbePoint& point) { return point.place == place && point.mechanism == Mechanism::kprobe; });
}

const ProbePoint& exit(std::string_view place) {
    const auto points = probe_points(TierChoice::kprobe);
    return *std::ranges::find_if(points, [&](const ProbePoint& point) {
        return point.place == place && point.mechanism == Mechanism::kretprobe;
    });
}

Definer definer(const char* machine = "x86_64") {
    KernelLayout layout;
    layout.task_pid = 0x560;
    layout.queue_freeze_depth = 0x20;
    layout.bio_to_queue = {8, 0x50, 0x38};
    layout.bio_to_blkg = {0x48};
    layout.bio_to_group = {0x48, 0x30, 0xa8};
    return {*calling_convention(machine), layout, 0xffffffff82000000};
}

TEST(Definition, ReadsOnlyTheArgumentsThatAreLookedAt) {
    const auto text = definer().fetches(entry("percpu_alloc"));
    EXPECT_THAT(text, HasSubstr("frame=%sp back=+0(%sp) arg4=%cx"));
    EXPECT_THAT(text, Not(HasSubstr("arg1=")));
}

/// The flags of the owner are taken away by reading as many bytes before the member.
TEST(Definition, ReadsThePidOfAnOwnerWhateverItsFlags) {
    EXPECT_THAT(definer().fetches(entry("kswapd")),
                HasSubstr("owner=@0xffffffff82000000 ownerpid0=+1376(@0xffffffff82000000):u32 "
                          "ownerpid1=+1375(@0xffffffff82000000):u32 "
                          "ownerpid2=+1374(@0xffffffff82000000):u32 "
                          "ownerpid3=+1373(@0xffffffff82000000):u32 ownerstill=@0xffffffff82000000"));
    auto old = definer();
    old.layout.owner_has_flags = false;
    old.layout.mutex_owner = 24;
    const auto text = old.fetches(entry("mutex_wait"));
    EXPECT_THAT(text, HasSubstr("owner=@0xffffffff82000018 ownerpid0=+1376(@0xffffffff82000018):u32 "
                                "ownerstill=@0xffffffff82000018"));
    EXPECT_THAT(text, HasSubstr("lock=+24(%di) lockpid0=+1376(+24(%di)):u32"));
    EXPECT_THAT(text, Not(HasSubstr("pid1=")));
}

TEST(Definition, FollowsBiosToTheirQueues) {
    EXPECT_THAT(definer().fetches(entry("submit_bio")), HasSubstr("bioqueue=+56(+80(+8(%di)))"));
    EXPECT_THAT(definer().fetches(entry("queue_wait")), HasSubstr("depth=+32(%di):u32"));
    EXPECT_THAT(definer().fetches(entry("blk_throtl")), HasSubstr("group=+168(+48(+72(%di)))"));
}

TEST(Definition, LeavesOutWhatIsNotKnown) {
    const Definer nothing{*calling_convention("x86_64"), {}, 0};
    EXPECT_EQ(nothing.fetches(entry("submit_bio")), "frame=%sp back=+0(%sp) arg1=%di");
    EXPECT_EQ(nothing.fetches(entry("freeze")), "frame=%sp back=+0(%sp) arg1=%di");
}

TEST(Definition, ReturnsTellTheResultWhereItIsLookedAt) {
    EXPECT_EQ(definer().fetches(exit("percpu_alloc")), "frame=%sp result=$retval");
    EXPECT_EQ(definer().fetches(exit("direct_reclaim")), "frame=%sp");
}

TEST(Definition, ArgumentsAreWhereTheMachinePassesThem) {
    const auto text = definer("aarch64").fetches(entry("percpu_alloc"));
    EXPECT_THAT(text, HasSubstr("back=%lr arg4=%x3"));
    EXPECT_FALSE(calling_convention("mips"));
}

TEST(Definition, OldKernelsAreGivenNoNumberOfReturns) {
    EXPECT_EQ(kind_of_returns("3.2.0-4-amd64"), "r");
    EXPECT_EQ(kind_of_returns("4.9.0-19-amd64"), "r");
    EXPECT_EQ(kind_of_returns("4.12.0"), "r1024");
    EXPECT_EQ(kind_of_returns("6.1.0-57-cloud-amd64"), "r1024");
    EXPECT_EQ(kind_of_returns("none"), "r");
}

/// kprobe_events takes lines of up to 4096 bytes and 128 fetch arguments, and names of up to 32 bytes in old kernels.
TEST(Definition, IsWithinTheKernelsLimits) {
    for (const auto& point : probe_points(TierChoice::kprobe)) {
        const auto text = definer().fetches(point);
        EXPECT_LT(text.size(), 1000U);
        EXPECT_LT(std::ranges::count(text, '='), 40);
    }
}

}  // namespace
}  // namespace blkhang
