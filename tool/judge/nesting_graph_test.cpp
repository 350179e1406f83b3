// SPDX-License-Identifier: GPL-2.0-only
#include "judge/nesting_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What the cycle goes over, beginning and ending with the same.
std::vector<std::string> places(const std::vector<NestingGraph::Nesting>& cycle) {
    std::vector<std::string> names;
    if (!cycle.empty()) {
        names.push_back(to_string(cycle.front().held));
    }
    for (const auto& nesting : cycle) {
        names.push_back(to_string(nesting.wanted));
    }
    return names;
}

TEST(NestingGraph, TwoHarmlessNestingsMakeACycleOverReclaim) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::reclaim, 221);
    EXPECT_THAT(graph.cycle(false), IsEmpty());
    graph.saw(Scope::reclaim, Scope::percpu_alloc);
    const auto cycle = graph.cycle(false);
    EXPECT_THAT(places(cycle), ElementsAre("pcpu_alloc_mutex", "reclaim", "pcpu_alloc_mutex"));
    EXPECT_EQ(cycle.front().count, 221u);
    EXPECT_EQ(cycle.back().count, 1u);
}

TEST(NestingGraph, TheOwnerThatAllocatesIsACycleOfOne) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::percpu_alloc);
    EXPECT_THAT(places(graph.cycle(false)), ElementsAre("pcpu_alloc_mutex", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, WhatWasNeverSeenBelowTheOwnerClosesNothing) {
    NestingGraph graph;  // an allocation in the submission of one task's bio says nothing of the owner's bios
    graph.saw(Scope::percpu_mutex, Scope::swap_out);
    graph.saw(Scope::percpu_mutex, Scope::submit_bio, "vdb");
    graph.saw(Scope::swap_out, Scope::submit_bio);
    graph.saw(Scope::submit_bio, Scope::blk_throtl);
    graph.saw(Scope::submit_bio, Scope::percpu_alloc, "vdb");
    graph.saw(Scope::blk_throtl, Scope::percpu_alloc);
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, ReclaimBeforeTheMutexIsNoCycle) {
    NestingGraph graph;  // the memcg charge of a per-CPU allocation reclaims before the mutex is taken
    graph.count(Scope::percpu_alloc, Scope::reclaim, 40);
    graph.count(Scope::reclaim, Scope::percpu_alloc, 3);
    EXPECT_THAT(graph.cycle(false), IsEmpty());
}

TEST(NestingGraph, ReclaimAloneHoldsNobodyUp) {
    NestingGraph graph;
    graph.saw(Scope::reclaim, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::reclaim_noio);
    graph.saw(Scope::reclaim_noio, Scope::reclaim);
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, NowaitNeverTakesTheMutex) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::reclaim, 200);
    graph.count(Scope::percpu_mutex, Scope::percpu_alloc_nowait, 7);
    graph.count(Scope::reclaim, Scope::percpu_alloc_nowait, 100);
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, NoioCountsOnlyWhereItTakesTheMutex) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::percpu_alloc_noio);
    EXPECT_THAT(graph.cycle(false), IsEmpty());
    EXPECT_THAT(places(graph.cycle(true)), ElementsAre("pcpu_alloc_mutex", "reclaim", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, WhatReclaimWithIoSubmitsIsNoWayThroughReclaimWithout) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim_noio);
    graph.saw(Scope::reclaim, Scope::percpu_alloc);
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    graph.saw(Scope::reclaim_noio, Scope::percpu_alloc);
    EXPECT_EQ(graph.cycle(true).size(), 2U);
}

TEST(NestingGraph, BothHalvesOnOneDisk) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::submit_bio, "vda");
    graph.saw(Scope::queue_frozen, Scope::percpu_alloc, "vdb");
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    graph.saw(Scope::queue_frozen, Scope::percpu_alloc, "vda");
    EXPECT_THAT(places(graph.cycle(true)), ElementsAre("pcpu_alloc_mutex", "queue of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, WithoutADiskNothingIsKnownOfQueues) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::submit_bio, 100);
    graph.count(Scope::queue_frozen, Scope::percpu_alloc, 100);
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, FreezerThatSubmitsToWhatItFroze) {
    NestingGraph graph;
    graph.saw(Scope::queue_frozen, Scope::submit_bio, "vdb");
    EXPECT_THAT(places(graph.cycle(false)), ElementsAre("queue of vdb", "queue of vdb"));
}

TEST(NestingGraph, FreezerThatReclaimsWhatIsSwappedToItsDisk) {
    NestingGraph graph;
    graph.saw(Scope::queue_frozen, Scope::reclaim, "vdb");
    graph.saw(Scope::reclaim, Scope::submit_bio, "vdc");
    EXPECT_THAT(graph.cycle(false), IsEmpty());
    graph.saw(Scope::reclaim, Scope::submit_bio, "vdb");
    EXPECT_THAT(places(graph.cycle(false)), ElementsAre("queue of vdb", "reclaim", "queue of vdb"));
}

TEST(NestingGraph, ThreeTasksOverAMutexOfTheQueue) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::submit_bio, "vda");
    graph.saw(Scope::queue_frozen, Scope::blkcg_mutex, "vda");
    graph.saw(Scope::blkcg_mutex, Scope::percpu_alloc, "vdb");
    EXPECT_THAT(graph.cycle(false), IsEmpty()) << "each disk has its own";
    graph.saw(Scope::blkcg_mutex, Scope::percpu_alloc, "vda");
    EXPECT_THAT(places(graph.cycle(false)),
                ElementsAre("pcpu_alloc_mutex", "queue of vda", "blkcg_mutex of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, AMutexThatIsHeldOverReclaimAndTakenUnderTheFreeze) {
    NestingGraph graph;
    graph.saw(Scope::rq_qos_mutex, Scope::reclaim, "vda");
    graph.saw(Scope::reclaim, Scope::submit_bio, "vda");
    graph.saw(Scope::queue_frozen, Scope::rq_qos_mutex, "vda");
    EXPECT_THAT(places(graph.cycle(false)),
                ElementsAre("queue of vda", "rq_qos_mutex of vda", "reclaim", "queue of vda"));
}

TEST(NestingGraph, TheShortestCycleIsTold) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::percpu_alloc);
    graph.saw(Scope::percpu_mutex, Scope::percpu_alloc);
    EXPECT_EQ(graph.cycle(false).size(), 1U);
}

TEST(NestingGraph, CountsNeverFall) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::percpu_alloc, 3);
    graph.count(Scope::percpu_mutex, Scope::percpu_alloc, 0);
    ASSERT_EQ(graph.cycle(false).size(), 1U);
    EXPECT_EQ(graph.cycle(false).front().count, 3U);
}

TEST(NestingGraph, CountedNestingsCloseACycleIfTheyAreOfOneDisk) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::submit_bio, 100);
    EXPECT_THAT(graph.cycle_if_disks_agree(true), IsEmpty());
    graph.saw(Scope::queue_frozen, Scope::percpu_alloc, "vda");
    EXPECT_THAT(places(graph.cycle_if_disks_agree(true)),
                ElementsAre("pcpu_alloc_mutex", "queue of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, WhereAllDisksAreToldNoneIsAssumed) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::submit_bio, "vda");
    graph.count(Scope::percpu_mutex, Scope::submit_bio, 100);
    graph.saw(Scope::queue_frozen, Scope::percpu_alloc, "vdb");
    graph.count(Scope::reclaim, Scope::blk_throtl, 100);
    EXPECT_THAT(graph.cycle_if_disks_agree(true), IsEmpty());
}

/// It held the one while it waited for the other.
void wait_in(NestingGraph& graph, const Awaited& held, const Awaited& wanted) {
    EXPECT_TRUE(graph.is_new(held, wanted));
    graph.waited(held, wanted);
    EXPECT_FALSE(graph.is_new(held, wanted));
}

TEST(NestingGraph, WaitsAreNestingsBesideThoseOfScopes) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::submit_bio, "vda");
    wait_in(graph, Awaited::frozen_queue("vda"), Awaited::mutex("blkcg_mutex", "vda"));
    graph.saw(Scope::blkcg_mutex, Scope::percpu_alloc, "vda");
    EXPECT_THAT(places(graph.cycle(false)),
                ElementsAre("pcpu_alloc_mutex", "queue of vda", "blkcg_mutex of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, MutexesAreToldApartByNameAndDisk) {
    const auto elevator = Awaited::mutex("elevator_lock", "vda");
    NestingGraph graph;
    wait_in(graph, elevator, Awaited::percpu_mutex());
    wait_in(graph, Awaited::percpu_mutex(), Awaited::mutex("elevator_lock", "vdb"));
    wait_in(graph, Awaited::percpu_mutex(), Awaited::mutex("sysfs_lock", "vda"));
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    wait_in(graph, Awaited::percpu_mutex(), elevator);
    EXPECT_THAT(places(graph.cycle(true)), ElementsAre("pcpu_alloc_mutex", "elevator_lock of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, WhoUsesAQueueIsWaitedForByItsFreezer) {
    NestingGraph graph;
    wait_in(graph, Awaited::users_of_queue("vda"), Awaited::percpu_mutex());
    wait_in(graph, Awaited::percpu_mutex(), Awaited::frozen_queue("vda"));
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    graph.froze("vda");
    EXPECT_THAT(places(graph.cycle(true)),
                ElementsAre("pcpu_alloc_mutex", "queue of vda", "users of queue vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, AWaitForWhatTheTaskHasItselfOrForNoLockIsNoNesting) {
    NestingGraph graph;
    for (const auto& [held, wanted] : {std::pair{Awaited::percpu_mutex(), Awaited::percpu_mutex()},
                                       {Awaited::frozen_queue("vda"), Awaited::frozen_queue("vda")},
                                       {Awaited::percpu_mutex(), Awaited::kswapd()},
                                       {Awaited::percpu_mutex(), Awaited::memory()},
                                       {Awaited::memory(), Awaited::percpu_mutex()},
                                       {Awaited::frozen_queue("vda"), Awaited::users_of_queue("vda")},
                                       {Awaited::mutex("elevator_lock", ""), Awaited::percpu_mutex()},
                                       {Awaited::percpu_mutex(), Awaited::mutex("", "")}}) {
        EXPECT_FALSE(graph.is_new(held, wanted)) << to_string(held) << ", " << to_string(wanted);
        graph.waited(held, wanted);
    }
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, WhereAnEndWasMissedOnlyWhatAWaiterSaysItselfCounts) {
    NestingGraph graph;
    wait_in(graph, Awaited::percpu_mutex(), Awaited::frozen_queue("vda"));
    wait_in(graph, Awaited::frozen_queue("vda"), Awaited::percpu_mutex());
    EXPECT_EQ(graph.cycle(true).size(), 2U);
    graph.doubt_holders_of_queues();
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    wait_in(graph, Awaited::mutex("limits_lock", "vda"), Awaited::percpu_mutex());
    wait_in(graph, Awaited::percpu_mutex(), Awaited::mutex("limits_lock", "vda"));
    EXPECT_EQ(graph.cycle(true).size(), 2U);
}

TEST(NestingGraph, WhereAnEndWasMissedNobodyIsKnownToUseAQueue) {
    NestingGraph graph;
    wait_in(graph, Awaited::percpu_mutex(), Awaited::mutex("limits_lock", "vda"));
    wait_in(graph, Awaited::mutex("limits_lock", "vda"), Awaited::frozen_queue("vda"));
    graph.froze("vda");
    wait_in(graph, Awaited::users_of_queue("vda"), Awaited::percpu_mutex());
    EXPECT_EQ(graph.cycle(true).size(), 4U);
    graph.doubt_holders_of_queues();
    EXPECT_THAT(graph.cycle(true), IsEmpty());
}

TEST(NestingGraph, EachDiskOfANestingIsTriedForWhatWasCountedWithoutOne) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::submit_bio, 100);
    wait_in(graph, Awaited::frozen_queue("vda"), Awaited::mutex("elevator_lock", "vdb"));
    wait_in(graph, Awaited::mutex("elevator_lock", "vdb"), Awaited::percpu_mutex());
    EXPECT_EQ(graph.cycle_if_disks_agree(true).size(), 3U);
}

TEST(NestingGraph, WaitsCloseACycleWithWhatWasCountedWithoutADisk) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::submit_bio, 100);
    wait_in(graph, Awaited::frozen_queue("vda"), Awaited::percpu_mutex());
    EXPECT_THAT(graph.cycle(true), IsEmpty());
    EXPECT_THAT(places(graph.cycle_if_disks_agree(true)),
                ElementsAre("pcpu_alloc_mutex", "queue of vda", "pcpu_alloc_mutex"));
}

TEST(NestingGraph, OfTooManyWaitsTheRestAreCounted) {
    NestingGraph graph;
    for (int i = 0; i < 200; ++i) {
        graph.waited(Awaited::mutex("sysfs_lock", "vd" + std::to_string(i)), Awaited::percpu_mutex());
    }
    EXPECT_EQ(graph.left_out(), 72U);
    EXPECT_THAT(graph.cycle_if_disks_agree(true), IsEmpty());
}

TEST(NestingGraph, ACycleIsDescribedByWhoDidWhat) {
    NestingGraph graph;
    graph.saw(Scope::queue_frozen, Scope::reclaim, "vdb");
    graph.saw(Scope::reclaim, Scope::submit_bio, "vdb");
    graph.count(Scope::queue_frozen, Scope::reclaim, 3);
    EXPECT_EQ(
        describe(graph.cycle(false)),
        "lock cycle queue of vdb -> reclaim -> queue of vdb: a task that had the queue of vdb frozen entered "
        "reclaim that may start IO; whoever reclaimed submitted bios to vdb, which wait while its queue is frozen");
}

}  // namespace
}  // namespace blkhang
