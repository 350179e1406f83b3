// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/builders.h"

namespace blkhang {
namespace {

using build::mutex_wait;
using build::owner_waits_for_kswapd;
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
        if (cycle[i]->kind == WaitKind::kswapd) {
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

TEST(WaitGraph, OtherMutexesHaveNoKnownOwner) {
    WaitGraph graph;
    auto wait = mutex_wait(1, 10, 10);
    wait.what = "cgroup_mutex";
    wait.owns_percpu_mutex = false;
    graph.begin(wait);
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

TEST(WaitGraph, WaitsFromBeforeALossAreForgotten) {
    WaitGraph graph;
    graph.begin(owner_waits_for_kswapd(1, 10, 45));
    graph.forget_open_waits();
    graph.begin(mutex_wait(2, 45, 10));
    EXPECT_THAT(graph.cycle(), IsEmpty());
}

}  // namespace
}  // namespace blkhang
