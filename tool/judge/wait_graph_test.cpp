// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "judge/testing/builders.h"

namespace blkhang {
namespace {

using build::blkcg_wait;
using build::froze;
using build::memory_wait;
using build::memory_wake;
using build::mutex_wait;
using build::mutex_wake;
using build::owner_waits_for_kswapd;
using build::queue_wait;
using build::queue_wake;
using build::released;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::int32_t> pids(const std::vector<const seen::Wait*>& cycle) {
    std::vector<std::int32_t> result;
    result.reserve(cycle.size());
    for (const auto* wait : cycle) {
        result.push_back(wait->pid);
    }
    return result;
}

TEST(WaitGraph, OwnerThatWaitsForItsOwnMutexIsACycleOfOne) {
    WaitGraph graph;
    graph.begin(mutex_wait(1, 10, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10));
}

TEST(WaitGraph, OwnerWaitsForKswapdWhichWaitsForTheMutex) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.begin(mutex_wait(2, 45, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, EachTaskOfACycleWaitsForTheNext) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    seen::Wait relay = owner_waits_for_kswapd(2, 45, 46);  // kswapd of one node behind that of another
    relay.owns_percpu_mutex = false;
    graph.begin(relay);
    graph.begin(mutex_wait(3, 46, 10));
    const auto cycle = graph.cycle();
    ASSERT_THAT(pids(cycle), UnorderedElementsAre(10, 45, 46));
    for (std::size_t i = 0; i < cycle.size(); ++i) {
        if (cycle[i]->what.kind == WaitKind::kswapd) {
            EXPECT_EQ(cycle[i]->holder_pid, cycle[(i + 1) % cycle.size()]->pid);
        }
    }
}

TEST(WaitGraph, TasksBehindTheCycleAreNotInIt) {
    WaitGraph graph;
    graph.begin(mutex_wait(1, 5, 10));
    graph.begin(owner_waits_for_kswapd(2, 10, 45));
    graph.begin(mutex_wait(3, 45, 10));
    graph.begin(mutex_wait(4, 99, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, AHintIsNoOwner) {
    WaitGraph graph;
    graph.begin(mutex_wait(1, 45, 10));  // 10 owned the mutex when 45 looked...
    auto wait = owner_waits_for_kswapd(2, 10, 45);
    wait.owns_percpu_mutex = false;  // ...and no longer when it went to sleep itself
    graph.begin(wait);
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, LaterEvidenceOfAnotherOwnerBreaksTheCycle) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.begin(mutex_wait(2, 45, 10));
    graph.begin(mutex_wait(3, 50, 77));  // 77 owns the mutex now: the wake of 10 was missed
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.begin(mutex_wait(4, 51, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, AWakeOrAnExitEndsTheWait) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.begin(mutex_wait(2, 45, 10));
    graph.end(build::kswapd_wake(3, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());

    graph.begin(owner_waits_for_kswapd(4, 10, 45));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
    graph.end(build::exited(5, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

/// The pid of a task that exited is given out again, and events of two CPUs may cross.
TEST(WaitGraph, AnExitThatIsToldLateEndsNothingOfWhoHasThePidSince) {
    WaitGraph graph;
    graph.change(froze(4, 45));
    graph.begin(queue_wait(5, 10, true));
    graph.begin(mutex_wait(6, 45, 10));
    graph.end(build::exited(3, 45));
    graph.end(build::exited(3, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
    graph.end(build::exited(7, 45));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, WhatIsToldLateOfATaskThatExitedBeginsNothing) {
    WaitGraph graph;
    graph.change(froze(1, 46));
    graph.change(released(2, 46));
    graph.begin(queue_wait(5, 10, true));
    graph.end(build::exited(8, 45));
    graph.change(froze(4, 45));
    graph.begin(mutex_wait(9, 45, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty()) << "another froze the queue";
    graph.change(froze(10, 45));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45)) << "and now this one";
    graph.end(build::exited(12, 10));
    graph.begin(queue_wait(11, 10, true));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, AWakeFromSomethingElseEndsNothing) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.begin(mutex_wait(2, 45, 10));
    graph.end(build::mutex_wake(3, 10));
    graph.end(build::mutex_wake(3, 1000));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, UnknownHolderClosesNothing) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 0));
    graph.begin(mutex_wait(2, 45, 0));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, TaskThatWaitsForAQueueItFrozeIsACycleOfOne) {
    WaitGraph graph;
    graph.change(froze(1, 10));
    graph.begin(queue_wait(2, 10));
    EXPECT_THAT(pids(graph.cycle()), ElementsAre(10));
}

TEST(WaitGraph, OwnerWaitsForTheQueueWhoseFreezerWaitsForTheMutex) {
    WaitGraph graph;
    graph.begin(queue_wait(1, 10, true));
    graph.begin(mutex_wait(2, 20, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty()) << "who froze the queue is not known";
    graph.change(froze(1, 20));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20));
    graph.change(released(3, 20));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, EveryFreezerHoldsTheQueue) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.change(froze(2, 30));
    graph.begin(queue_wait(3, 10, true));
    graph.begin(mutex_wait(4, 30, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 30));
    graph.change(released(5, 20));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 30));
}

TEST(WaitGraph, ReleaseBySomebodyElseLeavesNoFreezerKnown) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.begin(queue_wait(3, 10, true));
    graph.begin(mutex_wait(4, 20, 10));
    graph.change(released(5, 0));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

// 20 froze the queue and waits for blkcg_mutex of 30, which waits for pcpu_alloc_mutex of 10, which waits for the
// queue.
WaitGraph three_tasks(std::uint64_t switcher_ms, std::uint64_t writer_ms) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.begin(queue_wait(2, 10, true));
    graph.begin(blkcg_wait(switcher_ms, 20, 30));
    graph.begin(mutex_wait(writer_ms, 30, 10));
    return graph;
}

TEST(WaitGraph, OwnerOfAQueueMutexIsKnownIfItSleptWhenItWasNamed) {
    EXPECT_THAT(pids(three_tasks(5, 4).cycle()), UnorderedElementsAre(10, 20, 30));
    EXPECT_THAT(three_tasks(4, 5).cycle(), IsEmpty()) << "it may have released the mutex before it went to sleep";
}

TEST(WaitGraph, OwnerOfAQueueMutexIsKnownIfItOwnedItWhenItWentToSleep) {
    auto graph = three_tasks(4, 5);
    auto writer = mutex_wait(5, 30, 10);
    writer.owns = {Awaited::mutex("blkcg_mutex", "vda")};
    graph.begin(writer);
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20, 30));
    graph.end(mutex_wake(6, 30));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, FreezerWaitsForATaskInsideTheQueueWhichWaitsForTheMutex) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.begin({build::kMs, 20, "task", Awaited::users_of_queue("vda"), 0, false, {}});
    graph.begin(queue_wait(2, 10, true));
    auto inside = mutex_wait(3, 30, 10);
    graph.begin(inside);
    EXPECT_THAT(graph.cycle(), IsEmpty());
    inside.owns = {Awaited::users_of_queue("vda")};
    graph.begin(inside);
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20, 30));
}

// 10 owns pcpu_alloc_mutex and finds no memory; 20 froze the queue and waits for the mutex.
WaitGraph short_of_memory() {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.begin(memory_wait(2, 10));
    graph.begin(mutex_wait(3, 20, 10));
    return graph;
}

TEST(WaitGraph, CycleOverMemoryIsALivelockAndNoDeadlock) {
    auto graph = short_of_memory();
    EXPECT_THAT(graph.livelock(), IsEmpty()) << "nobody who could free memory waits";
    graph.begin(queue_wait(4, 45));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    EXPECT_THAT(pids(graph.livelock()), UnorderedElementsAre(10, 20, 45));
    graph.end(memory_wake(5, 10));
    EXPECT_THAT(graph.livelock(), IsEmpty());
}

TEST(WaitGraph, ReminderOfAMemoryWaitDoesNotMakeItYounger) {
    auto graph = short_of_memory();
    graph.begin(queue_wait(4, 45));
    graph.begin(memory_wait(500, 10));
    ASSERT_EQ(graph.livelock().size(), 3U);
    EXPECT_EQ(graph.livelock().front()->at_ns, 2 * build::kMs);
}

TEST(WaitGraph, WhoJoinsALivelockLaterDoesNotMakeItYounger) {
    WaitGraph graph;
    graph.change(froze(1, 50));
    graph.begin(memory_wait(2, 50));
    graph.begin(queue_wait(3, 60));
    graph.begin(queue_wait(30, 20));
    EXPECT_THAT(pids(graph.livelock()), UnorderedElementsAre(50, 60));
    graph.end(queue_wake(31, 60));
    EXPECT_THAT(pids(graph.livelock()), UnorderedElementsAre(20, 50));
}

// 10 sleeps for a bio in a swap-out of its own, which would free memory if it went on.
TEST(WaitGraph, WhoFindsNoMemoryDoesNotWaitForItself) {
    WaitGraph graph;
    auto sleeps_for_bio = memory_wait(2, 10);
    sleeps_for_bio.reclaims = true;
    graph.begin(sleeps_for_bio);
    graph.change(froze(1, 20));
    graph.begin(mutex_wait(3, 20, 10));
    EXPECT_THAT(graph.livelock(), IsEmpty());
    graph.begin(queue_wait(4, 45));
    EXPECT_THAT(pids(graph.livelock()), UnorderedElementsAre(10, 20, 45));
}

TEST(WaitGraph, WaitsFromBeforeALossAreForgotten) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.doubt(1);
    graph.begin(mutex_wait(2, 45, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, AWaitThatIsToldAgainAfterALossStands) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.begin(mutex_wait(2, 45, 10));
    graph.doubt(100);
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.begin(mutex_wait(2, 45, 10));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, AFreezeIsInDoubtAfterALossUntilItIsToldAgain) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.doubt(1);
    graph.begin(queue_wait(2, 10, true));
    graph.begin(mutex_wait(3, 20, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.change(froze(1, 20));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20));
}

seen::BlockedTask look(std::int32_t pid, Stack stack, char state = 'D') {
    return {pid, "task", state, std::move(stack)};
}
const Stack kOwnersStack{"__bio_queue_enter+0x1/0x2", "submit_bio_noacct+0x1/0x2", "pcpu_populate_chunk+0x1/0x2",
                         "pcpu_alloc+0x1/0x2"};
const Stack kFreezersStack{"pcpu_alloc+0x1/0x2", "sbitmap_init_node+0x1/0x2", "elevator_switch+0x1/0x2"};

/// A two-task cycle over a frozen queue, and then a loss.
WaitGraph doubted(std::uint64_t lost) {
    WaitGraph graph;
    graph.change(froze(1, 20));
    graph.begin(queue_wait(2, 10, true));
    graph.begin(mutex_wait(3, 20, 10));
    graph.doubt(lost);
    return graph;
}

TEST(WaitGraph, TwoLooksAtEachTaskBearOutWhatASingleLossPutInDoubt) {
    auto graph = doubted(1);
    graph.look(look(10, kOwnersStack));
    graph.look(look(20, kFreezersStack));
    EXPECT_THAT(graph.cycle(), IsEmpty()) << "it may have come back to the same place just now";
    graph.look(look(10, kOwnersStack));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.look(look(20, kFreezersStack));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20));
    graph.doubt(1);
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, AfterManyLossesTheStacksHaveToShowWhatIsHeld) {
    const Stack without_role{"pcpu_alloc+0x1/0x2", "cgroup_mkdir+0x1/0x2"};
    auto graph = doubted(7);
    for (int i = 0; i < 3; ++i) {
        graph.look(look(10, kOwnersStack));
        graph.look(look(20, without_role));
    }
    EXPECT_THAT(graph.cycle(), IsEmpty());
    for (int i = 0; i < 2; ++i) {
        graph.look(look(20, kFreezersStack));
    }
    EXPECT_THAT(graph.cycle(), IsEmpty());  // a queue is frozen, but which?
    graph.change(froze(1, 20));             // told again
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20));
}

TEST(WaitGraph, AFreezeThatIsToldAgainDoesNotMakeUpForRolesThatNoStackShows) {
    auto graph = doubted(7);
    graph.change(froze(1, 20));
    for (int i = 0; i < 3; ++i) {
        graph.look(look(10, kOwnersStack));
        graph.look(look(20, {"pcpu_alloc+0x1/0x2", "cgroup_mkdir+0x1/0x2"}));
    }
    EXPECT_THAT(graph.cycle(), IsEmpty()) << "20 may wait for another owner by now";
    graph.look(look(20, kFreezersStack));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    graph.look(look(20, kFreezersStack));
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 20));
}

TEST(WaitGraph, AStackTellsOfTheLastFreezeOnly) {
    auto graph = doubted(1);
    graph.change({4 * build::kMs, 20, "task", "vdb", true});
    graph.begin(mutex_wait(5, 20, 10));
    for (int i = 0; i < 3; ++i) {
        graph.look(look(10, kOwnersStack));
        graph.look(look(20, kFreezersStack));
    }
    EXPECT_THAT(graph.cycle(), IsEmpty());  // it may have released the queue that 10 waits for
}

TEST(WaitGraph, AStateWithoutAStackBearsOutNothing) {
    auto graph = doubted(1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(graph.look(look(10, {})), OpenWaits::Look::nothing);
        EXPECT_EQ(graph.look(look(20, {})), OpenWaits::Look::nothing);
    }
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, AStackOutsideOfTheWaitEndsIt) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.begin(mutex_wait(2, 45, 10));
    EXPECT_EQ(graph.look(look(45, {"pipe_read+0x1/0x2"}, 'S')), OpenWaits::Look::contradicts);
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, WhoSpinsInTheMutexStillWaits) {
    WaitGraph graph;
    graph.begin(mutex_wait(1, 10, 10));
    EXPECT_EQ(graph.look(look(10,
                              {"mutex_spin_on_owner+0x45/0x80", "__mutex_lock.constprop.0+0x3c1/0x730",
                               "pcpu_alloc.isra.0+0x56d/0x830"},
                              'R')),
              OpenWaits::Look::agrees);
    EXPECT_THAT(pids(graph.cycle()), ElementsAre(10));
}

TEST(WaitGraph, QueuesWithoutADiskAreNotOneQueue) {
    WaitGraph graph;
    auto freeze = froze(1, 20);
    freeze.disk = "0:0";
    auto wait = queue_wait(2, 10, true);
    wait.what = Awaited::frozen_queue("0:0");
    graph.change(freeze);
    graph.begin(wait);
    graph.begin(mutex_wait(3, 20, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());
    EXPECT_TRUE(is_of_no_disk(wait));
    wait.what = Awaited::frozen_queue("250:0");
    EXPECT_FALSE(is_of_no_disk(wait));
}

TEST(WaitGraph, AWaitForMemoryGoesOnWhileOthersComeAndGo) {
    auto graph = short_of_memory();
    graph.begin(queue_wait(4, 45));
    graph.begin(owner_waits_for_kswapd(5, 10, 0));
    EXPECT_EQ(graph.livelock().size(), 3U);
    graph.end(build::kswapd_wake(6, 10));
    EXPECT_EQ(graph.livelock().size(), 3U);
    EXPECT_EQ(graph.livelock().front()->at_ns, 2 * build::kMs);
}

TEST(WaitGraph, WhatIsToldLateSaysNothingOfTheOwnerOfNow) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(5, 10, 45));
    graph.begin(mutex_wait(6, 45, 10));
    graph.begin(mutex_wait(2, 99, 77));  // began to wait when 77 owned the mutex
    EXPECT_THAT(pids(graph.cycle()), UnorderedElementsAre(10, 45));
}

TEST(WaitGraph, MoreThanAGuestHasTasksIsLeftOutAndCounted) {
    WaitGraph graph;
    for (int i = 0; i < 2000; ++i) {
        graph.begin(build::mutex_wait(1, 10'000 + i, 0));
    }
    EXPECT_EQ(graph.left_out(), 2000 - limits::kOpenWaits);
    graph.begin(build::mutex_wait(2, 10'000, 0));  // the next wait of a task that is followed
    EXPECT_EQ(graph.left_out(), 2000 - limits::kOpenWaits);
    for (int i = 0; i < 1000; ++i) {
        graph.change({1, 10'000 + i, "a", "vda", true});
    }
    EXPECT_EQ(graph.left_out(), 2000 - limits::kOpenWaits + 1000 - limits::kFreezers);
}

/// Whoever adds a kind of wait has to say who holds it up.
TEST(WaitGraph, EveryKindOfWaitCanBePartOfACycle) {
    for (int i = 0; i < kWaitKindCount; ++i) {
        const auto kind = static_cast<WaitKind>(i);
        SCOPED_TRACE(to_string(kind));
        const auto what = kind == WaitKind::mutex ? Awaited::mutex("blkcg_mutex", "vda") : Awaited::of(kind, "vda");
        WaitGraph graph;
        // 20 holds it in all ways that can be told.
        graph.change({build::kMs, 20, "task", "vda", true});
        auto holder = build::mutex_wait(2, 20, 10);
        holder.owns = {what};
        holder.reclaims = true;
        graph.begin(holder);
        graph.begin({3 * build::kMs, 10, "task", what, 20, true, {}});
        EXPECT_EQ(graph.cycle().size() + graph.livelock().size(), 2U);
    }
}

}  // namespace
}  // namespace blkhang
