// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/cycle_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "record/testing/replay.h"
#include "report/testing/sample.h"

namespace blkhang {
namespace {

TEST(CycleWords, SayWhatWasDoneAndInWhichFunctions) {
    const Record record = sample("hang-two-tasks");
    EXPECT_EQ(what_was_done(*record.deadlock), "writing queue/scheduler of the swap disk vdb");
    EXPECT_EQ(in_functions(*record.deadlock),
              "elv_iosched_store() has queue vdb frozen and waits in pcpu_alloc() for pcpu_alloc_mutex; "
              "array_map_alloc() owns pcpu_alloc_mutex and waits in __bio_queue_enter() for frozen queue vdb");
}

TEST(CycleWords, WhatAnotherWasAskedForIsSaidBesideIt) {
    const Record record = sample("hang-three-tasks");
    EXPECT_EQ(in_functions(*record.deadlock),
              "elv_iosched_store() has queue vdb frozen and waits in blkcg_activate_policy() for blkcg_mutex of vdb; "
              "tg_set_limit(), writing io.max, owns blkcg_mutex of vdb and waits in pcpu_alloc_noprof() for "
              "pcpu_alloc_mutex; array_map_alloc() owns pcpu_alloc_mutex and waits in blk_mq_submit_bio() for frozen "
              "queue vdb");
}

TEST(CycleWords, ALivelockNamesWhoNeedsTheMemory) {
    const Record record = sample("hazard-livelock");
    EXPECT_EQ(in_functions(*record.deadlock),
              "elv_iosched_store() has queue vdb frozen and waits in bfq_pd_alloc() for memory that it cannot get by "
              "itself; kswapd() could free memory and waits in blk_mq_submit_bio() for frozen queue vdb");
}

TEST(CycleWords, OneThatWaitsForItselfSaysWhatIsInsideWhat) {
    const Record record = sample("hang-self");
    EXPECT_EQ(what_was_done(*record.deadlock), "");
    EXPECT_EQ(in_functions(*record.deadlock),
              "array_map_alloc() owns pcpu_alloc_mutex, and blkhang_alloc_group_stats(), inside it, waits in "
              "pcpu_alloc_noprof() for the same");
}

TEST(CycleWords, OneThatFrozeTheQueueThatItWaitsForHasItFrozen) {
    Record::Deadlock alone{};
    alone.kind = kSelfDeadlock;
    alone.tasks.resize(1);
    auto& task = alone.tasks.front();
    task.waits_for = Awaited::frozen_queue("vdd");
    task.holds = {task.waits_for};
    task.stack = {"__bio_queue_enter+0x9/0x260", "blk_mq_submit_bio+0x1/0x2", "blkcg_activate_policy+0x1/0x2",
                  "blk_iocost_init+0x1/0x2", "ioc_qos_write+0x1/0x2"};
    EXPECT_EQ(in_functions(alone),
              "ioc_qos_write() has queue vdd frozen, and blk_mq_submit_bio(), inside it, waits in __bio_queue_enter() "
              "for the same");
}

TEST(CycleWords, OfALongCycleTheFirstTasksAreTold) {
    Record record = replay::record("kswapd-cycle");
    record.deadlock->tasks.resize(40, record.deadlock->tasks.front());
    for (const auto& [told, tasks] : {std::pair{in_functions(*record.deadlock), 4}, {by_names(*record.deadlock), 16}}) {
        EXPECT_TRUE(told.ends_with("; and so on, 40 tasks in all")) << told;
        EXPECT_EQ(std::ranges::count(told, ';'), tasks);
    }
}

TEST(CycleWords, WithoutStacksTasksHaveTheirNames) {
    Record record = replay::record("kswapd-cycle");
    for (auto& task : record.deadlock->tasks) {
        task.stack.clear();
    }
    EXPECT_EQ(what_was_done(*record.deadlock), "");
    EXPECT_EQ(in_functions(*record.deadlock), by_names(*record.deadlock));
}

}  // namespace
}  // namespace blkhang
