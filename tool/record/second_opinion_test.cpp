// SPDX-License-Identifier: GPL-2.0-only
#include "record/second_opinion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
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
