// SPDX-License-Identifier: GPL-2.0-only
#include "watch/give_up_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Answer = GiveUpPolicy::Answer;

constexpr std::uint64_t kProof = 10 * kNsPerS;
constexpr auto kPatience = std::chrono::seconds(30);
constexpr std::int32_t kOwns = 11, kFreezes = 12;
const Stack stack_in_queue{"__bio_queue_enter+0x10/0x90", "__submit_bio+0x1/0x2"};
const Stack stack_in_mutex{"pcpu_alloc+0x10/0x90", "blkg_alloc+0x1/0x2", "elevator_switch+0x1/0x2"};

Deadlock cycle_of(Deadlock::Kind kind = Deadlock::Kind::cycle) {
    return {kind,
            kProof - kNsPerMs,
            {{kOwns, "churn", Awaited::frozen_queue("vda"), {Awaited::percpu_mutex()}, stack_in_queue},
             {kFreezes, "tee", Awaited::percpu_mutex(), {Awaited::frozen_queue("vda")}, stack_in_mutex}}};
}

GiveUpPolicy policy_of(const Deadlock& deadlock = cycle_of(), std::uint64_t lost = 0) {
    return {deadlock, lost, kProof, kPatience};
}

/// So many milliseconds after the proof.
std::uint64_t after(std::uint64_t ms) { return kProof + ms * kNsPerMs; }

seen::BlockedTask seen_in(std::int32_t pid, const Stack& stack, std::uint64_t at_ms, char state = 'D') {
    return {pid, "x", state, stack, after(at_ms)};
}

void all_are_seen(GiveUpPolicy& policy, std::uint64_t at_ms) {
    policy.observe(seen_in(kOwns, stack_in_queue, at_ms));
    policy.observe(seen_in(kFreezes, stack_in_mutex, at_ms));
}

TEST(GiveUpPolicy, GivesUpWhatStandsWhenTheTimeIsOverByAFreshLook) {
    auto policy = policy_of();
    EXPECT_EQ(policy.step(after(1)), Answer::wait);
    EXPECT_THAT(policy.to_look_at(after(29'999)), IsEmpty());
    EXPECT_THAT(policy.to_look_at(after(30'000)), ElementsAre(kOwns, kFreezes));
    EXPECT_EQ(policy.step(after(30'000)), Answer::wait);  // nobody has looked
    all_are_seen(policy, 30'010);
    EXPECT_EQ(policy.step(after(30'020)), Answer::give_up);
    EXPECT_THAT(policy.why_not(), IsEmpty());
}

TEST(GiveUpPolicy, LooksOfBeforeCountForNothing) {
    auto policy = policy_of();
    all_are_seen(policy, 29'000);
    EXPECT_EQ(policy.step(after(30'001)), Answer::wait);
    EXPECT_THAT(policy.to_look_at(after(30'001)), ElementsAre(kOwns, kFreezes));
}

TEST(GiveUpPolicy, OneOfItsTasksThatWasNotSeenKeepsTheHost) {
    auto policy = policy_of();
    policy.observe(seen_in(kOwns, stack_in_queue, 30'010));
    EXPECT_THAT(policy.to_look_at(after(30'020)), ElementsAre(kFreezes));
    EXPECT_EQ(policy.step(after(34'999)), Answer::wait);
    EXPECT_EQ(policy.step(after(35'000)), Answer::no);
    EXPECT_THAT(policy.why_not(), HasSubstr("could not be looked at"));
    policy.observe(seen_in(kFreezes, stack_in_mutex, 36'000));
    EXPECT_EQ(policy.step(after(36'001)), Answer::no);  // for good
}

TEST(GiveUpPolicy, ATaskThatIsFoundElsewhereKeepsTheHost) {
    for (const auto& look : {seen_in(kFreezes, {"do_sys_poll+0x1/0x2"}, 30'010), seen_in(kFreezes, {}, 30'010),
                             seen_in(kFreezes, stack_in_mutex, 30'010, 'R')}) {
        auto policy = policy_of();
        policy.observe(seen_in(kOwns, stack_in_queue, 30'010));
        policy.observe(look);
        EXPECT_EQ(policy.step(after(30'020)), Answer::no);
        EXPECT_THAT(policy.why_not(), HasSubstr("did not find tee[12] in its wait"));
    }
}

TEST(GiveUpPolicy, AWaitThatEndsKeepsTheHostByAKillOrByItself) {
    auto policy = policy_of();
    policy.observe(seen::Wake{after(900), kFreezes, Awaited::percpu_mutex()});
    all_are_seen(policy, 30'010);  // and were it in it again: a hang that closes anew is proven anew
    EXPECT_EQ(policy.step(after(30'020)), Answer::no);
    EXPECT_THAT(policy.why_not(), HasSubstr("the wait of tee[12] has ended"));
}

TEST(GiveUpPolicy, AnotherWaitOfATaskKeepsTheHostButNotOneThatIsToldAgain) {
    seen::Wait wait{};
    wait.pid = kOwns;
    wait.what = Awaited::frozen_queue("vda");
    wait.at_ns = kProof - 5 * kNsPerMs;
    auto policy = policy_of();
    policy.observe(wait);
    all_are_seen(policy, 30'010);
    EXPECT_EQ(policy.step(after(30'020)), Answer::give_up);
    wait.at_ns = after(31'000);
    policy.observe(wait);
    EXPECT_EQ(policy.step(after(31'001)), Answer::no);
}

TEST(GiveUpPolicy, NeverForAWaitForMemoryOrWhereEventsWereLost) {
    auto livelock = policy_of(cycle_of(Deadlock::Kind::livelock));
    all_are_seen(livelock, 30'010);
    EXPECT_THAT(livelock.to_look_at(after(30'020)), IsEmpty());
    EXPECT_EQ(livelock.step(after(30'020)), Answer::no);
    auto lossy = policy_of(cycle_of(), 1);
    all_are_seen(lossy, 30'010);
    EXPECT_EQ(lossy.step(after(30'020)), Answer::no);
    EXPECT_THAT(lossy.why_not(), HasSubstr("events were lost: 1"));
}

TEST(GiveUpPolicy, OnceItIsGivenUpItIsLookedAtOnAndMayBeTakenBack) {
    auto policy = policy_of();
    all_are_seen(policy, 30'010);
    EXPECT_EQ(policy.step(after(30'020)), Answer::give_up);
    EXPECT_THAT(policy.to_look_at(after(31'000)), IsEmpty());
    EXPECT_THAT(policy.to_look_at(after(32'020)), ElementsAre(kOwns, kFreezes));
    policy.observe(seen_in(kOwns, {"do_sys_poll+0x1/0x2"}, 32'030, 'S'));
    EXPECT_EQ(policy.step(after(32'040)), Answer::no);
}

TEST(GiveUpPolicy, WhatSpeaksAgainstItFromOutsideCountsToo) {
    auto policy = policy_of();
    all_are_seen(policy, 30'010);
    policy.refuse("the watch was told to end");
    EXPECT_EQ(policy.step(after(30'020)), Answer::no);
    EXPECT_EQ(policy.why_not(), "the watch was told to end");
}

}  // namespace
}  // namespace blkhang
