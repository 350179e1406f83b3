// SPDX-License-Identifier: GPL-2.0-only
#include "record/second_opinion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = KernelReport::Kind;

constexpr std::uint64_t kClosedNs = 1000;

std::optional<Deadlock> two_tasks() {
    return Deadlock{Deadlock::Kind::cycle,
                    kClosedNs,
                    {{402, "churn", Awaited::frozen_queue("vda"), {Awaited::percpu_mutex()}, {}},
                     {812, "bash", Awaited::percpu_mutex(), {Awaited::frozen_queue("vda")}, {}}}};
}

KernelReport report(Kind kind, std::vector<KernelReport::Task> tasks, std::vector<std::string> locks = {}) {
    return {kind, 2 * kClosedNs, "headline", std::move(tasks), std::move(locks), {}};
}

TEST(SecondOpinion, AHungTaskOfTheCycle) {
    EXPECT_EQ(second_opinion(report(Kind::hung_task, {{402, "churn", 'D', ""}, {1, "init", 'D', ""}}), two_tasks()),
              "names of the cycle only churn[402]");
    EXPECT_EQ(second_opinion(report(Kind::hung_task, {{402, "churn", 'D', ""}, {812, "bash", {}, ""}}), two_tasks()),
              "names every task of the cycle: churn[402], bash[812]");
}

TEST(SecondOpinion, Bystanders) {
    EXPECT_EQ(second_opinion(report(Kind::hung_task, {{77, "jbd2/vda1-8", 'D', ""}}), two_tasks()),
              "names only bystanders of the cycle: jbd2/vda1-8[77]");
    EXPECT_EQ(second_opinion(report(Kind::rcu_stall, {}), two_tasks()), "names no task");
}

TEST(SecondOpinion, ManyBystandersAreNotAllTold) {
    std::vector<KernelReport::Task> tasks;
    for (std::int32_t pid = 1; pid <= 8; ++pid) {
        tasks.push_back({pid, "x", {}, ""});
    }
    EXPECT_THAT(second_opinion(report(Kind::hung_task, tasks), two_tasks()), HasSubstr("x[5], 3 more"));
}

TEST(SecondOpinion, LockdepAgreesByTheTwoSidesOfTheOrder) {
    for (const char* other : {"fs_reclaim", "&q->q_usage_counter(io)#17", "&q->q_usage_counter(queue)"}) {
        EXPECT_THAT(second_opinion(report(Kind::lockdep, {}, {other, "pcpu_alloc_mutex"}), two_tasks()),
                    StartsWith("agrees: names pcpu_alloc_mutex together with "))
            << other;
    }
    auto of_2011 = report(Kind::lockdep, {}, {"pcpu_alloc_mutex"});
    of_2011.headline = "[ INFO: inconsistent lock state ]: inconsistent {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage.";
    EXPECT_THAT(second_opinion(of_2011, two_tasks()),
                StartsWith("agrees: names pcpu_alloc_mutex together with reclaim"));
}

TEST(SecondOpinion, HalfOfTheOrderIsNoAgreement) {
    EXPECT_EQ(second_opinion(report(Kind::lockdep, {}, {"pcpu_alloc_mutex", "&mm->mmap_lock"}), two_tasks()),
              "names no task");
    EXPECT_EQ(second_opinion(report(Kind::lockdep, {}, {"fs_reclaim"}), two_tasks()), "names no task");
    EXPECT_EQ(second_opinion(report(Kind::hung_task, {}, {"fs_reclaim", "pcpu_alloc_mutex"}), two_tasks()),
              "names no task")
        << "a hung-task report lists what is held, not an order";
}

KernelReport with_stack(KernelReport of, Stack stack) {
    of.stack = std::move(stack);
    return of;
}

TEST(SecondOpinion, AStackIsReadAsInALog) {
    const Stack at_queue{"__schedule+0x1/0x2",          "schedule+0x1/0x2",          "__bio_queue_enter+0x1/0x2",
                         "blk_mq_submit_bio+0x1/0x2",   "swap_writepage+0x1/0x2",    "try_to_free_pages+0x1/0x2",
                         "pcpu_populate_chunk+0x1/0x2", "pcpu_alloc_noprof+0x1/0x2", "array_map_alloc+0x1/0x2"};
    const auto of_owner = with_stack(report(Kind::hung_task, {{402, "churn", 'D', ""}}), at_queue);
    EXPECT_EQ(second_opinion(of_owner, two_tasks(), "6.12.48"),
              "names of the cycle only churn[402]; by its stack churn[402] waits for a frozen queue and has "
              "pcpu_alloc_mutex, as in the cycle");
    const auto of_other = with_stack(report(Kind::hung_task, {{812, "bash", 'D', ""}}), at_queue);
    EXPECT_THAT(second_opinion(of_other, two_tasks(), "6.12.48"), EndsWith(", in the cycle for pcpu_alloc_mutex"));
    EXPECT_THAT(second_opinion(of_owner, std::nullopt, "6.12.48"), EndsWith(" and has pcpu_alloc_mutex"));
}

TEST(SecondOpinion, AStackThatTellsNothingAddsNothing) {
    const Stack asleep{"__schedule+0x1/0x2", "schedule+0x1/0x2", "vendor_wait+0x1/0x2 [vendor]"};
    EXPECT_EQ(second_opinion(with_stack(report(Kind::hung_task, {{402, "churn", 'D', ""}}), asleep), two_tasks()),
              "names of the cycle only churn[402]");
    const Stack spinning{"blk_queue_enter+0x1/0x2"};
    EXPECT_EQ(second_opinion(with_stack(report(Kind::soft_lockup, {{402, "churn", 'R', ""}}), spinning), two_tasks()),
              "names of the cycle only churn[402]");
}

TEST(SecondOpinion, AWarningOfAKnownHangIsNamed) {
    const auto warning = with_stack(
        report(Kind::lockdep, {{812, "bash", {}, "pcpu_alloc_mutex"}},
               {"fs_reclaim", "&q->q_usage_counter(io)#17", "pcpu_alloc_mutex"}),
        {"__mutex_lock+0x1/0x2", "pcpu_alloc_noprof+0x1/0x2", "sbitmap_init_node+0x1/0x2", "elevator_switch+0x1/0x2"});
    EXPECT_THAT(second_opinion(warning, two_tasks()), EndsWith("; by its stack that is elv-switch"));
}

TEST(SecondOpinion, WhatCameBeforeTheCycleIsMarked) {
    auto early = report(Kind::hung_task, {{402, "churn", 'D', ""}});
    early.at_ns = kClosedNs - 1;
    EXPECT_THAT(second_opinion(early, two_tasks()), HasSubstr("before the cycle closed"));
}

TEST(SecondOpinion, WithoutADeadlockNothingIsClaimed) {
    EXPECT_EQ(second_opinion(report(Kind::hung_task, {{402, "churn", 'D', ""}}), std::nullopt),
              "blkhang found no deadlock to set beside it");
    EXPECT_THAT(second_opinion(report(Kind::lockdep, {}, {"fs_reclaim", "pcpu_alloc_mutex"}), std::nullopt),
                AllOf(HasSubstr("can deadlock"), HasSubstr("no deadlock was found")));
}

TEST(SecondOpinion, AFailedAllocationIsNoPartOfACycle) {
    EXPECT_THAT(second_opinion(report(Kind::percpu_failure, {}), two_tasks()), HasSubstr("no part of the cycle"));
}

}  // namespace
}  // namespace blkhang
