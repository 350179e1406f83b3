// SPDX-License-Identifier: GPL-2.0-only
#include "judge/nesting_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Scope> scopes(const std::vector<NestingGraph::Edge>& way) {
    std::vector<Scope> names;
    if (!way.empty()) {
        names.push_back(way.front().outer);
    }
    for (const auto& edge : way) {
        names.push_back(edge.inner);
    }
    return names;
}

TEST(NestingGraph, TwoHarmlessNestingsMakeACycle) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::reclaim, 221);
    EXPECT_THAT(graph.way_back_to_mutex(false), IsEmpty());
    graph.saw(Scope::reclaim, Scope::percpu_alloc);
    const auto way = graph.way_back_to_mutex(false);
    EXPECT_THAT(scopes(way), ElementsAre(Scope::percpu_mutex, Scope::reclaim, Scope::percpu_alloc));
    EXPECT_EQ(way.front().count, 221u);
    EXPECT_EQ(way.back().count, 1u);
}

TEST(NestingGraph, FindsTheWayThroughEveryIoScope) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::swap_out);
    graph.saw(Scope::swap_out, Scope::submit_bio);
    graph.saw(Scope::submit_bio, Scope::blk_throtl);
    graph.saw(Scope::blk_throtl, Scope::percpu_alloc);
    EXPECT_THAT(
        scopes(graph.way_back_to_mutex(false)),
        ElementsAre(Scope::percpu_mutex, Scope::swap_out, Scope::submit_bio, Scope::blk_throtl, Scope::percpu_alloc));
}

TEST(NestingGraph, PrefersTheShortestWay) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::submit_bio);
    graph.saw(Scope::submit_bio, Scope::percpu_alloc);
    graph.saw(Scope::percpu_mutex, Scope::submit_bio);
    EXPECT_THAT(scopes(graph.way_back_to_mutex(false)),
                ElementsAre(Scope::percpu_mutex, Scope::submit_bio, Scope::percpu_alloc));
}

TEST(NestingGraph, ReclaimBeforeTheMutexIsNoCycle) {
    NestingGraph graph;  // the memcg charge of a per-CPU allocation reclaims before the mutex is taken
    graph.count(Scope::percpu_alloc, Scope::reclaim, 40);
    graph.count(Scope::reclaim, Scope::percpu_alloc, 3);
    EXPECT_THAT(graph.way_back_to_mutex(false), IsEmpty());
}

TEST(NestingGraph, DoesNotPassThroughAnAllocation) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::percpu_alloc_nowait);
    graph.saw(Scope::percpu_alloc_nowait, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::percpu_alloc);
    EXPECT_THAT(graph.way_back_to_mutex(true), IsEmpty());
}

TEST(NestingGraph, NowaitNeverTakesTheMutex) {
    NestingGraph graph;
    graph.count(Scope::percpu_mutex, Scope::reclaim, 200);
    graph.count(Scope::reclaim, Scope::percpu_alloc_nowait, 100);
    EXPECT_THAT(graph.way_back_to_mutex(true), IsEmpty());
}

TEST(NestingGraph, NoioCountsOnlyWhereItTakesTheMutex) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim);
    graph.saw(Scope::reclaim, Scope::percpu_alloc_noio);
    EXPECT_THAT(graph.way_back_to_mutex(false), IsEmpty());
    EXPECT_THAT(scopes(graph.way_back_to_mutex(true)),
                ElementsAre(Scope::percpu_mutex, Scope::reclaim, Scope::percpu_alloc_noio));
}

TEST(NestingGraph, WhatReclaimWithIoSubmitsIsNoWayThroughReclaimWithout) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim_noio);
    graph.saw(Scope::reclaim, Scope::submit_bio);
    graph.saw(Scope::submit_bio, Scope::percpu_alloc);
    EXPECT_THAT(graph.way_back_to_mutex(true), IsEmpty());
}

TEST(NestingGraph, AnAllocationInsideReclaimWithoutIoClosesTheCycleToo) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::reclaim_noio);
    graph.saw(Scope::reclaim_noio, Scope::percpu_alloc);
    EXPECT_THAT(scopes(graph.way_back_to_mutex(false)),
                ElementsAre(Scope::percpu_mutex, Scope::reclaim_noio, Scope::percpu_alloc));
}

TEST(NestingGraph, CountsNeverFall) {
    NestingGraph graph;
    graph.saw(Scope::percpu_mutex, Scope::percpu_alloc);
    graph.count(Scope::percpu_mutex, Scope::percpu_alloc, 0);
    EXPECT_THAT(graph.way_back_to_mutex(false), testing::SizeIs(1));
}

}  // namespace
}  // namespace blkhang
