// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Record::Task task(const char* waits_for, std::vector<const char*> holds, Stack stack) {
    Record::Task task{1, "task", 'D', awaited_from(waits_for), {}, std::move(stack)};
    for (const char* const what : holds) {
        task.holds.push_back(awaited_from(what));
    }
    return task;
}

/// The frames that the places name, by their functions: what is held, what is waited for, whose doing it is.
std::vector<std::string> told(const Record::Task& task) {
    std::vector<std::string> names;
    for (const auto frame : places_in(task).frames()) {
        names.emplace_back(base_function(task.stack[frame]));
    }
    return names;
}

TEST(StackPlaces, WhoSwitchesASchedulerHasTheQueueFrozenInThere) {
    EXPECT_THAT(told(task("pcpu_alloc_mutex", {"frozen queue vdb"},
                          {"__mutex_lock_killable_slowpath+0x5/0x10", "pcpu_alloc+0x1/0x2", "sbitmap_init_node+0x1/0x2",
                           "blk_mq_init_sched+0x1/0x2", "elevator_switch+0x1/0x2", "elv_iosched_store+0x1/0x2",
                           "queue_attr_store+0x1/0x2", "vfs_write+0x1/0x2"})),
                ElementsAre("elevator_switch", "pcpu_alloc", "elv_iosched_store"));
}

TEST(StackPlaces, TheMutexIsTakenInTheOutermostAllocation) {
    const Stack stack{"pcpu_alloc_noprof+0x1/0x2",  "stats+0x1/0x2 [sync_alloc]",  "submit_bio_noacct+0x1/0x2",
                      "try_to_free_pages+0x1/0x2",  "pcpu_populate_chunk+0x1/0x2", "pcpu_alloc_noprof+0x4/0x5",
                      "bpf_map_alloc_percpu+0x1/2", "array_map_alloc+0x1/0x2",     "__sys_bpf+0x1/0x2"};
    const auto places = places_in(task("pcpu_alloc_mutex", {"pcpu_alloc_mutex"}, stack));
    ASSERT_EQ(places.holds.size(), 1u);
    EXPECT_EQ(places.holds[0].frame, 5u);
    EXPECT_EQ(places.waits, 0u);
    EXPECT_EQ(places.actor, 7u) << "who called the allocator, behind its wrappers";
}

TEST(StackPlaces, WhereATaskSleepsIsBehindTheCodeOfSleeping) {
    EXPECT_THAT(told(task("frozen queue vdb", {"memory"},
                          {"__schedule+0x1/0x2", "schedule+0x1/0x2", "__bio_queue_enter+0x1/0x2", "swap_writeout+0x1/2",
                           "shrink_node+0x1/0x2", "balance_pgdat+0x1/0x2", "kswapd+0x1/0x2", "kthread+0x1/0x2"})),
                ElementsAre("balance_pgdat", "__bio_queue_enter", "kswapd"));
}

TEST(StackPlaces, AMutexOfAQueueIsTakenWhereThatIsKnown) {
    EXPECT_THAT(told(task("pcpu_alloc_mutex", {"blkcg_mutex of vdb", "some_mutex of vdb"},
                          {"pcpu_alloc_noprof+0x1/0x2", "blkg_alloc+0x1/0x2", "blkg_conf_prep+0x1/0x2",
                           "tg_set_limit+0x1/0x2", "vfs_write+0x1/0x2"})),
                ElementsAre("blkg_conf_prep", "pcpu_alloc_noprof", "tg_set_limit"));
}

TEST(StackPlaces, WithoutAStackThereAreNone) {
    EXPECT_THAT(told(task("pcpu_alloc_mutex", {"pcpu_alloc_mutex", "frozen queue vdb"}, {})), IsEmpty());
    EXPECT_THAT(told(task("memory", {}, {"schedule+0x1/0x2"})), ElementsAre("schedule"));
}

TEST(StackPlaces, TellsWhatAStackIsAbout) {
    EXPECT_TRUE(swaps_out({"__swap_writepage+0x1/0x2"}));
    EXPECT_FALSE(swaps_out({"swap_readpage+0x1/0x2"}));
    EXPECT_TRUE(reclaims_directly({"a", "try_to_free_mem_cgroup_pages+0x1/0x2"}));
    EXPECT_FALSE(reclaims_directly({"kswapd+0x1/0x2"}));
    EXPECT_TRUE(shows_percpu_owner({"a", "pcpu_populate_chunk.isra.0+0x1/0x2"}));
    EXPECT_FALSE(shows_percpu_owner({"pcpu_alloc+0x1/0x2"}));
    EXPECT_TRUE(is_percpu_allocator("pcpu_alloc.isra.0"));
    EXPECT_FALSE(is_percpu_allocator("pcpu_alloc_pages"));
}

}  // namespace
}  // namespace blkhang
