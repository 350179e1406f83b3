// SPDX-License-Identifier: GPL-2.0-only
#include "run/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/testing/builders.h"

namespace blkhang {
namespace {

using build::kMs;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;

constexpr std::uint64_t kProofMs = 1000;
constexpr std::uint64_t kFirstKillMs = 1500;
constexpr LoadProgress kStill{10, 20, 30};
constexpr LoadProgress kMoved{11, 20, 30};

DeadlockTask switcher() {
    return {
        812,
        "bash",
        Awaited::percpu_mutex(),
        {Awaited::frozen_queue("vda")},
        {"__mutex_lock_killable_slowpath+0xe/0x20", "pcpu_alloc+0x1/0x2", "entry_SYSCALL_64_after_hwframe+0x6e/0xd8"}};
}
DeadlockTask owner() {
    return {402,
            "churn",
            Awaited::frozen_queue("vda"),
            {Awaited::percpu_mutex()},
            {"__bio_queue_enter+0x1/0x2", "do_syscall_64+0x1/0x2"}};
}
DeadlockTask kswapd() { return {45, "kswapd0", Awaited::percpu_mutex(), {Awaited::kswapd()}, {}}; }

Deadlock cycle_of(std::vector<DeadlockTask> tasks) { return {Deadlock::Kind::cycle, 990 * kMs, std::move(tasks)}; }

Recovery recovery_of(const Deadlock& deadlock) {
    return Recovery(
        deadlock, [](std::int32_t) { return true; }, kProofMs * kMs, kStill);
}
/// As far as the first kill, which must be of this task.
Recovery after_first_kill(const Deadlock& deadlock, std::int32_t pid) {
    auto recovery = recovery_of(deadlock);
    EXPECT_EQ(recovery.step((kFirstKillMs - 1) * kMs, kStill), std::nullopt);
    EXPECT_THAT(recovery.step(kFirstKillMs * kMs, kStill), Optional(pid));
    return recovery;
}

TEST(Recovery, TheKillThatEndsTheCycleIsNamed) {
    auto recovery = after_first_kill(cycle_of({owner(), switcher()}), 812);
    recovery.observe(build::mutex_wake(1620, 812));
    recovery.observe(build::exited(1621, 402));
    EXPECT_EQ(recovery.step(1630 * kMs, kStill), std::nullopt);
    EXPECT_FALSE(recovery.is_over()) << "that nobody waits any longer does not mean that the machine lives";
    recovery.step(1650 * kMs, kMoved);
    EXPECT_TRUE(recovery.is_over());
    const auto outcome = recovery.outcome();
    EXPECT_TRUE(outcome.recovered);
    EXPECT_EQ(outcome.at_ns, 1650 * kMs);
    EXPECT_EQ(
        outcome.detail,
        "SIGKILL to bash[812], which waited killably for pcpu_alloc_mutex, ended the cycle after 121 ms; the load "
        "went on");
}

TEST(Recovery, OneAfterTheOtherUntilItHelps) {
    auto recovery = after_first_kill(cycle_of({owner(), switcher()}), 812);
    EXPECT_EQ(recovery.step(3000 * kMs, kStill), std::nullopt) << "the first kill gets its time";
    EXPECT_THAT(recovery.step(3200 * kMs, kStill), Optional(402));
    recovery.observe(build::exited(3210, 402));
    recovery.observe(build::mutex_wake(3230, 812));
    recovery.step(3240 * kMs, kMoved);
    const auto outcome = recovery.outcome();
    EXPECT_TRUE(outcome.recovered);
    EXPECT_THAT(outcome.detail,
                AllOf(HasSubstr("bash[812], which waited killably for pcpu_alloc_mutex, changed nothing "
                                "in 1700 ms; then SIGKILL to churn[402], which waited for frozen queue"),
                      HasSubstr("ended the cycle after 30 ms")));
}

TEST(Recovery, NothingMovesWithinItsTime) {
    auto recovery = after_first_kill(cycle_of({owner(), switcher()}), 812);
    EXPECT_THAT(recovery.step(4000 * kMs, kStill), Optional(402));
    EXPECT_EQ(recovery.step(6499 * kMs, kStill), std::nullopt);
    EXPECT_FALSE(recovery.is_over());
    recovery.step(6500 * kMs, kStill);
    EXPECT_TRUE(recovery.is_over());
    EXPECT_FALSE(recovery.outcome().recovered);
    EXPECT_THAT(recovery.outcome().detail,
                AllOf(HasSubstr("ended no wait of the cycle within 5000 ms"), HasSubstr("reboot")));
}

TEST(Recovery, AWaitThatStandsIsNamed) {
    auto recovery = after_first_kill(cycle_of({owner(), switcher()}), 812);
    recovery.observe(build::mutex_wake(1510, 812));
    EXPECT_THAT(recovery.step(4000 * kMs, kStill), Optional(402));
    recovery.step(7000 * kMs, kMoved);
    EXPECT_FALSE(recovery.outcome().recovered);
    EXPECT_THAT(
        recovery.outcome().detail,
        AllOf(HasSubstr("ended the wait of bash[812]; then SIGKILL to churn[402], which waited for frozen queue vda, "
                        "did not end the wait of churn[402] within 3000 ms"),
              HasSubstr("all the same")));
}

// Seen on 6.1: the switcher got past the users of the queue, which a kill had ended, and then wanted the mutex.
TEST(Recovery, ACycleThatClosesAgainIsEndedWhereItCanBe) {
    const DeadlockTask drainer{80, "bash", Awaited::users_of_queue("vda"), {Awaited::frozen_queue("vda")}, {}};
    const DeadlockTask user{82, "limit", Awaited::percpu_mutex(), {Awaited::users_of_queue("vda")}, {}};
    auto recovery = after_first_kill(cycle_of({owner(), drainer, user}), 82);
    recovery.observe(build::mutex_wake(1510, 82));
    recovery.observe(seen::Wake{1520 * kMs, 80, Awaited::users_of_queue("vda")});
    recovery.observe(build::mutex_wait(1530, 80, 402));
    EXPECT_THAT(recovery.step(2800 * kMs, kStill), Optional(80)) << "before the owner, whose wait no kill ends";
    recovery.observe(build::mutex_wake(2810, 80));
    recovery.observe(build::queue_wake(2820, 402));
    recovery.step(2830 * kMs, kMoved);
    EXPECT_TRUE(recovery.outcome().recovered);
    EXPECT_EQ(
        recovery.outcome().detail,
        "SIGKILL to limit[82], which waited for pcpu_alloc_mutex, ended the wait of limit[82], bash[80]; then SIGKILL "
        "to bash[80], which by then waited for pcpu_alloc_mutex, ended the cycle after 20 ms; the load went on");
}

TEST(Recovery, AnEndedCycleWithoutALoadIsNoRecovery) {
    auto recovery = after_first_kill(cycle_of({switcher()}), 812);
    recovery.observe(build::mutex_wake(1510, 812));
    recovery.step(7000 * kMs, kStill);
    EXPECT_FALSE(recovery.outcome().recovered);
    EXPECT_THAT(recovery.outcome().detail,
                AllOf(HasSubstr("ended the cycle after 10 ms"), HasSubstr("had not moved 5500 ms after")));
}

TEST(Recovery, WhatTheKilledTaskWaitsForNextIsTold) {
    auto recovery = after_first_kill(cycle_of({switcher()}), 812);
    recovery.observe(build::mutex_wake(1510, 812));
    recovery.observe(build::mutex_wait(1511, 812, 7));
    recovery.step(7000 * kMs, kStill);
    EXPECT_THAT(recovery.outcome().detail, HasSubstr("pid 812 has waited for pcpu_alloc_mutex again, for 5489 ms"));
    recovery.observe(build::mutex_wait(6900, 812, 7));
    EXPECT_THAT(recovery.outcome().detail, Not(HasSubstr("again"))) << "it may just be passing by";
    recovery.observe(build::mutex_wake(7001, 812));
    EXPECT_THAT(recovery.outcome().detail, Not(HasSubstr("again")));
}

TEST(Recovery, WhatTheHangNeverStoppedIsNoSignOfLife) {
    auto recovery = recovery_of(cycle_of({switcher()}));
    const LoadProgress went_on{10, 20, 31};
    EXPECT_THAT(recovery.step(kFirstKillMs * kMs, went_on), Optional(812));
    recovery.observe(build::mutex_wake(1510, 812));
    recovery.step(1600 * kMs, {10, 20, 99});
    EXPECT_FALSE(recovery.is_over());
    recovery.step(1700 * kMs, {10, 21, 99});
    EXPECT_TRUE(recovery.outcome().recovered);
}

TEST(Recovery, KernelThreadsAreLeftAlone) {
    DeadlockTask worker{9,
                        "renamed",
                        Awaited::percpu_mutex(),
                        {Awaited::mutex("x", "")},
                        {"pcpu_balance_workfn+0x1/0x2", "ret_from_fork+0x1/0x2"}};
    auto recovery = recovery_of(cycle_of({kswapd(), worker}));
    EXPECT_TRUE(recovery.is_over());
    EXPECT_EQ(recovery.step(9000 * kMs, kMoved), std::nullopt);
    EXPECT_FALSE(recovery.outcome().recovered);
    EXPECT_THAT(recovery.outcome().detail, HasSubstr("kernel threads ignore signals"));
}

TEST(Recovery, OnlyTheUserTaskOfAMixedCycleIsKilled) {
    auto recovery = after_first_kill(cycle_of({owner(), kswapd()}), 402);
    EXPECT_EQ(recovery.step(4000 * kMs, kStill), std::nullopt);
    recovery.observe(build::kswapd_wake(4010, 402));
    recovery.observe(build::mutex_wake(4020, 45));
    recovery.step(4030 * kMs, kMoved);
    EXPECT_TRUE(recovery.outcome().recovered);
}

TEST(Recovery, WhoeverMayNotBeKilledIsNot) {
    const Recovery recovery(
        cycle_of({owner(), switcher()}), [](std::int32_t) { return false; }, 0, kStill);
    EXPECT_TRUE(recovery.is_over());
}

TEST(Recovery, ACycleThatEndsByItselfIsNotOurs) {
    auto recovery = recovery_of(cycle_of({owner(), switcher()}));
    recovery.observe(build::mutex_wake(1100, 812));
    EXPECT_EQ(recovery.step(kFirstKillMs * kMs, kMoved), std::nullopt);
    EXPECT_TRUE(recovery.is_over());
    EXPECT_FALSE(recovery.outcome().recovered);
    EXPECT_THAT(recovery.outcome().detail, AllOf(HasSubstr("nobody was killed"), Not(HasSubstr("SIGKILL"))));
}

TEST(Recovery, AWakeFromBeforeTheKillIsNotOurs) {
    auto recovery = after_first_kill(cycle_of({switcher()}), 812);
    recovery.observe(build::mutex_wake(1499, 812));
    recovery.step(1600 * kMs, kMoved);
    EXPECT_TRUE(recovery.is_over());
    EXPECT_FALSE(recovery.outcome().recovered);
}

TEST(Recovery, OtherTasksWakesDoNotCount) {
    auto recovery = after_first_kill(cycle_of({switcher()}), 812);
    recovery.observe(build::mutex_wake(1510, 999));
    recovery.step(7000 * kMs, kMoved);
    EXPECT_FALSE(recovery.outcome().recovered);
}

}  // namespace
}  // namespace blkhang
