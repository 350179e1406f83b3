// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/lock_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> sentences(const LockGraph& graph, bool in_cycle) {
    std::vector<std::string> result;
    for (const auto& edge : graph.edges) {
        if (edge.in_cycle == in_cycle) {
            result.push_back(edge.sentence);
        }
    }
    return result;
}

seen::Wait wait(std::int32_t pid, const std::string& comm, const std::string& what) {
    return {1, pid, comm, awaited_from(what), 0, false, {}};
}

Record::Task task(std::int32_t pid, const std::string& comm, const std::string& held, const std::string& what) {
    return {pid, comm, 'D', awaited_from(what), {awaited_from(held)}, {}};
}

Record deadlock(std::vector<Record::Task> tasks) {
    Record record;
    record.deadlock.emplace();
    record.deadlock->tasks = std::move(tasks);
    return record;
}

TEST(LockGraph, OneTaskAndItsMutex) {
    const auto graph = lock_graph(replay::record("self-deadlock"), {});
    ASSERT_EQ(graph.nodes.size(), 2U);
    const std::string name = graph.nodes[0].name;
    EXPECT_THAT(sentences(graph, true), ElementsAre("pcpu_alloc_mutex (mutex) is owned by " + name,
                                                    name + " waits for pcpu_alloc_mutex (mutex)"));
    EXPECT_TRUE(graph.nodes[0].in_cycle && graph.nodes[1].in_cycle);
}

TEST(LockGraph, ThingsOfEveryKindHaveTheirWords) {
    const auto graph = lock_graph(
        deadlock({task(1, "a", "memory", "frozen queue vdb"), task(2, "b", "frozen queue vdb", "users of queue vdb"),
                  task(3, "c", "users of queue vdb", "kswapd"), task(4, "kswapd0", "kswapd", "blkcg_mutex of vdb"),
                  task(5, "e", "blkcg_mutex of vdb", "memory")}),
        {});
    EXPECT_THAT(
        sentences(graph, true),
        ElementsAre("memory (free pages) could be freed by a[1]", "a[1] waits for queue vdb (frozen)",
                    "queue vdb (frozen) is frozen by b[2]", "b[2] waits for queue vdb (its users)",
                    "queue vdb (its users) is in use by c[3]", "c[3] waits for progress of kswapd",
                    "progress of kswapd is made by kswapd0[4]", "kswapd0[4] waits for blkcg_mutex of vdb (mutex)",
                    "blkcg_mutex of vdb (mutex) is owned by e[5]", "e[5] waits for memory (free pages)"));
    EXPECT_EQ(graph.nodes.size(), 10U);
}

TEST(LockGraph, WhoWaitsBehindIsNotOfTheCycle) {
    const auto record = replay::record("kswapd-cycle");
    const auto cycle = sentences(lock_graph(record, {}), true);
    const auto graph =
        lock_graph(record, {wait(470, "member", "pcpu_alloc_mutex"), wait(45, "kswapd0", "pcpu_alloc_mutex")});
    EXPECT_EQ(sentences(graph, true), cycle);
    EXPECT_THAT(sentences(graph, false), ElementsAre("member[470] waits for pcpu_alloc_mutex (mutex)"))
        << "a task of the cycle is not shown twice";
}

TEST(LockGraph, ACrowdIsShownAsOne) {
    std::vector<seen::Wait> crowd;
    for (std::int32_t pid = 1000; pid < 1500; ++pid) {
        crowd.push_back(wait(pid, "member", "pcpu_alloc_mutex"));
    }
    const auto others = sentences(lock_graph(replay::record("self-deadlock"), crowd), false);
    ASSERT_EQ(others.size(), 4U);
    EXPECT_EQ(others.back(), "497 more tasks wait for pcpu_alloc_mutex (mutex)");
}

TEST(LockGraph, AMutexThatOthersWaitForHasItsOwner) {
    Record record =
        deadlock({task(1, "a", "frozen queue vdb", "memory"), task(2, "kswapd0", "memory", "frozen queue vdb")});
    std::vector<seen::Wait> waiting;
    for (std::int32_t pid = 10; pid < 20; ++pid) {
        waiting.push_back(wait(pid, "loops", "memory"));
    }
    waiting.back().owns_percpu_mutex = true;
    EXPECT_THAT(sentences(lock_graph(record, waiting), false), Not(testing::Contains(HasSubstr("mutex"))))
        << "nobody waits for it";
    waiting.push_back(wait(30, "waits", "pcpu_alloc_mutex"));
    EXPECT_THAT(sentences(lock_graph(record, waiting), false),
                testing::Contains("pcpu_alloc_mutex (mutex) is owned by loops[19]"));
}

TEST(LockGraph, WithoutADeadlockItShowsTheNesting) {
    const auto graph = lock_graph(replay::record("thrash"), {});
    EXPECT_THAT(sentences(graph, true), IsEmpty());
    EXPECT_THAT(sentences(graph, false), testing::Contains("swap_out was entered inside percpu_mutex 4410 times"));
}

TEST(LockGraph, AHazardIsACycleThroughTheMutex) {
    Record record;
    record.nesting.push_back({Scope::percpu_mutex, Scope::reclaim, 118, {}, {}, {}, {}, {}, {}});
    record.nesting.push_back({Scope::reclaim, Scope::percpu_alloc, 1, {}, {}, {}, {}, {}, {}});
    record.nesting.push_back({Scope::submit_bio, Scope::blk_throtl, 7, {}, {}, {}, {}, {}, {}});
    const auto graph = lock_graph(record, {});
    EXPECT_THAT(sentences(graph, true),
                ElementsAre("reclaim was entered inside percpu_mutex 118 times",
                            "percpu_alloc was entered inside reclaim once", "percpu_alloc takes pcpu_alloc_mutex"));
    EXPECT_THAT(sentences(graph, false), ElementsAre("blk_throtl was entered inside submit_bio 7 times"));
}

TEST(LockGraph, AHazardOverAQueueNamesTheDisk) {
    Record record;
    record.nesting.push_back({Scope::percpu_mutex, Scope::submit_bio, 3, {}, {}, {}, {}, "vdb", {}});
    record.nesting.push_back({Scope::queue_frozen, Scope::percpu_alloc, 2, {}, {}, {}, {}, "vdb", {}});
    EXPECT_THAT(
        sentences(lock_graph(record, {}), true),
        ElementsAre("submit_bio was entered inside percpu_mutex 3 times", "submit_bio waits while vdb is frozen",
                    "percpu_alloc was entered inside queue_frozen 2 times", "percpu_alloc takes pcpu_alloc_mutex"));
}

TEST(LockGraph, OfNothingHasNoNodes) { EXPECT_THAT(lock_graph(Record{}, {}).nodes, IsEmpty()); }

TEST(DotSource, NamesAreNoSyntax) {
    const std::string hostile = "\"]; evil [label=<x>];\\N\n&amp;\xff\x01</B>";
    const std::string dot = dot_source(lock_graph(deadlock({task(1, hostile, "m", "m")}), {}));
    EXPECT_THAT(dot, HasSubstr("&quot;]; evil [label=&lt;x&gt;];\\N &amp;amp;\xEF\xBF\xBD\xEF\xBF\xBD&lt;/B&gt;[1]"));
    EXPECT_THAT(dot, Not(HasSubstr("evil [label=<x>]")));
}

TEST(DotSource, ClassesTellTheCycle) {
    const std::string dot =
        dot_source(lock_graph(replay::record("kswapd-cycle"), {wait(470, "member", "pcpu_alloc_mutex")}));
    EXPECT_THAT(dot, HasSubstr("class=\"task cycle\""));
    EXPECT_THAT(dot, HasSubstr("class=\"mutex cycle\""));
    EXPECT_THAT(dot, HasSubstr("class=\"task\""));
    EXPECT_THAT(dot, HasSubstr("label=<&#160;<B>waits for</B>&#160;>, class=\"relation cycle\""));
}

}  // namespace
}  // namespace blkhang
