// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/convert.h"

#include <gtest/gtest.h>

#include <cstring>

namespace blkhang {
namespace {

const Symbols& symbols() {
    static const auto parsed = Symbols::parse(
        "ffffffff81000000 t pcpu_alloc\n"
        "ffffffff81001000 t try_to_free_pages\n"
        "ffffffff81002000 t last\n"
        "ffffffffc0000000 t bpf_trampoline_7\t[bpf]\n");
    return parsed;
}

watch_event_full wait_event() {
    watch_event_full event{};
    event.named.head.type = EVENT_WAIT;
    event.named.head.pid = 42;
    event.named.head.at_ns = 7;
    event.named.head.wait_kind = WAIT_MUTEX;
    event.named.head.lock = LOCK_PERCPU;
    event.named.head.owns_mutex = 1;
    event.named.head.holder_pid = 42;
    std::strcpy(event.named.comm, "kswapd0");
    event.stack[0] = 0xffffffffc0000010;
    event.stack[1] = 0xffffffff81000010;
    event.stack[2] = 0xffffffff81001020;
    event.stack_bytes = 3 * sizeof(event.stack[0]);
    return event;
}

TEST(ConvertEvent, WaitWithItsStack) {
    const auto event = wait_event();
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    const auto& wait = std::get<seen::Wait>(*observation);
    EXPECT_EQ(wait.pid, 42);
    EXPECT_EQ(wait.comm, "kswapd0");
    EXPECT_EQ(wait.what, Awaited::percpu_mutex());
    EXPECT_TRUE(wait.owns_percpu_mutex);
    EXPECT_EQ(wait.stack, (Stack{"pcpu_alloc+0x10/0x1000", "try_to_free_pages+0x20/0x1000"}));
}

TEST(ConvertEvent, NameThatFillsItsFieldHasNoTerminator) {
    auto event = wait_event();
    std::memset(event.named.comm, 'x', sizeof(event.named.comm));
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    EXPECT_EQ(std::get<seen::Wait>(*observation).comm, std::string(sizeof(event.named.comm), 'x'));
}

TEST(ConvertEvent, FailedUnwindingIsAnEmptyStack) {
    auto event = wait_event();
    event.stack_bytes = -14;
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    EXPECT_TRUE(std::get<seen::Wait>(*observation).stack.empty());
}

TEST(ConvertEvent, EdgeNamesItsScopes) {
    auto event = wait_event();
    event.named.head.type = EVENT_EDGE;
    event.named.head.outer = SCOPE_RECLAIM;
    event.named.head.inner = SCOPE_PERCPU_ALLOC;
    event.named.head.gfp = 0xdc0;
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    const auto& edge = std::get<seen::Edge>(*observation);
    EXPECT_EQ(edge.outer, Scope::reclaim);
    EXPECT_EQ(edge.inner, Scope::percpu_alloc);
    EXPECT_EQ(edge.gfp, 0xdc0U);
}

TEST(ConvertEvent, WaitForAFrozenQueueNamesItsDiskAndWhatTheTaskOwns) {
    auto event = wait_event();
    event.named.head.wait_kind = WAIT_QUEUE;
    event.named.head.lock = LOCK_NONE;
    event.named.head.disk = 254U << 20U | 16U;
    event.named.head.owned_locks = 1U << LOCK_BLKCG | 1U << LOCK_RQ_QOS;
    event.named.head.owned_disk = 254U << 20U;
    event.named.head.used_disk = 254U << 20U | 16U;
    event.named.head.reclaims = 1;
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    const auto& wait = std::get<seen::Wait>(*observation);
    EXPECT_EQ(wait.what, Awaited::frozen_queue("254:16"));
    EXPECT_EQ(wait.owns, (std::vector{Awaited::mutex("blkcg_mutex", "254:0"), Awaited::mutex("rq_qos_mutex", "254:0"),
                                      Awaited::users_of_queue("254:16")}));
    EXPECT_EQ(wait.reclaims, true);
}

TEST(ConvertEvent, ShortFormHasNoStack) {
    const auto event = wait_event();
    const auto observation = convert_event(&event, sizeof(event.named), symbols(), {});
    ASSERT_TRUE(observation);
    EXPECT_EQ(std::get<seen::Wait>(*observation).comm, "kswapd0");
    EXPECT_TRUE(std::get<seen::Wait>(*observation).stack.empty());
}

TEST(ConvertEvent, MutexOfAQueueIsNamedAfterItsDisk) {
    auto event = wait_event();
    event.named.head.lock = LOCK_ELEVATOR;
    event.named.head.disk = 254U << 20U;
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    EXPECT_EQ(std::get<seen::Wait>(*observation).what, Awaited::mutex("elevator_lock", "254:0"));
}

TEST(ConvertEvent, AQueueWithoutADiskHasANameOfItsOwn) {
    auto event = wait_event();
    event.named.head.wait_kind = WAIT_QUEUE;
    event.named.head.disk = WATCH_NO_DISK | 3U;
    event.named.head.used_disk = WATCH_NO_DISK;
    const auto observation = convert_event(&event, sizeof(event), symbols(), {});
    ASSERT_TRUE(observation);
    EXPECT_EQ(std::get<seen::Wait>(*observation).what, Awaited::frozen_queue("queue#3"));
    EXPECT_EQ(std::get<seen::Wait>(*observation).owns, std::vector{Awaited::users_of_queue("queue#0")});
}

TEST(ConvertEvent, FreezeAndRelease) {
    auto event = wait_event();
    event.named.head.disk = 254U << 20U;
    for (const auto type : {EVENT_FREEZE, EVENT_UNFREEZE}) {
        event.named.head.type = type;
        const auto observation = convert_event(&event, sizeof(event), symbols(), {});
        ASSERT_TRUE(observation);
        const auto& freeze = std::get<seen::Freeze>(*observation);
        EXPECT_EQ(freeze.pid, 42);
        EXPECT_EQ(freeze.disk, "254:0");
        EXPECT_EQ(freeze.frozen, type == EVENT_FREEZE);
    }
}

TEST(ConvertEvent, TornOrForeignRecordsAreNothing) {
    auto event = wait_event();
    EXPECT_FALSE(convert_event(&event, 3, symbols(), {}));
    EXPECT_FALSE(convert_event(&event, sizeof(event.named.head), symbols(), {}));
    event.named.head.type = 77;
    EXPECT_FALSE(convert_event(&event, sizeof(event), symbols(), {}));
    event.named.head.type = EVENT_EDGE;
    event.named.head.outer = SCOPE_COUNT;
    EXPECT_FALSE(convert_event(&event, sizeof(event), symbols(), {}));
}

TEST(ConvertCounters, OnlyEdgesThatOccurredAndTheirCoverage) {
    watch_counters counters{};
    counters.edges[SCOPE_PERCPU_MUTEX][SCOPE_RECLAIM] = 5;
    counters.edges[SCOPE_PERCPU_MUTEX][SCOPE_RECLAIM_NOIO] = 4;
    counters.edges[SCOPE_PERCPU_MUTEX][SCOPE_SUBMIT_BIO] = 70;
    counters.edges[SCOPE_QUEUE_FROZEN][SCOPE_RECLAIM] = 2;
    counters.edges[SCOPE_QUEUE_FROZEN][SCOPE_RECLAIM_NOIO] = 1;
    counters.owner_first_bios = 3;
    counters.lost = 2;
    const auto result = convert_counters(counters, 9);
    ASSERT_EQ(result.edges.size(), 5U);
    EXPECT_EQ(result.edges[0].inner, Scope::reclaim);
    EXPECT_EQ(result.coverage.at("owner_reclaims"), 9U) << "of both kinds";
    EXPECT_EQ(result.coverage.at("frozen_reclaims"), 2U) << "that may start IO";
    EXPECT_EQ(result.coverage.at("frozen_reclaims_noio"), 1U);
    EXPECT_EQ(result.coverage.at("owner_bios"), 70U);
    EXPECT_EQ(result.coverage.at("owner_first_bios"), 3U);
    EXPECT_EQ(result.coverage.at("nested_percpu"), 0U);
    EXPECT_EQ(result.lost_events, 2U);
}

}  // namespace
}  // namespace blkhang
