// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/standing.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"

namespace blkhang {
namespace {

watch_standing wait(std::uint32_t pid, std::uint64_t at_ns) {
    watch_standing slot{};
    slot.event.head.type = EVENT_WAIT;
    slot.event.head.pid = pid;
    slot.event.head.at_ns = at_ns;
    slot.in_force = 1;
    return slot;
}

watch_standing freeze(std::uint32_t pid, std::uint64_t at_ns, std::uint32_t queue, std::uint32_t era) {
    auto slot = wait(pid, at_ns);
    slot.event.head.type = EVENT_FREEZE;
    slot.queue = queue;
    slot.era = era;
    return slot;
}

std::vector<std::uint32_t> pids(std::span<const watch_standing> table, std::span<const std::uint32_t> eras = {}) {
    std::vector<watch_event_named> events;
    read_standing(table, eras, events);
    std::vector<std::uint32_t> result;
    for (const auto& event : events) {
        result.push_back(event.head.pid);
    }
    return result;
}

TEST(ReadStanding, InOrderOfTime) {
    const std::array table{watch_standing{}, wait(3, 30), wait(1, 10), watch_standing{}, wait(2, 20)};
    EXPECT_EQ(pids(table), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(ReadStanding, WhatHasEndedIsNotTold) {
    std::array table{wait(1, 10), wait(2, 20)};
    table[0].in_force = 0;
    EXPECT_EQ(pids(table), (std::vector<std::uint32_t>{2}));
}

TEST(ReadStanding, ASlotThatIsBeingWrittenIsLeftOut) {
    std::array table{wait(1, 10), wait(2, 20)};
    table[1].version = 7;
    EXPECT_EQ(pids(table), (std::vector<std::uint32_t>{1}));
}

TEST(ReadStanding, AFreezeEndsWithTheErasOfItsQueue) {
    const std::array<std::uint32_t, 2> eras{0, 5};
    const std::array table{freeze(1, 10, 1, 4), freeze(2, 20, 1, 5), freeze(3, 30, 0, 0), freeze(4, 40, 9, 0)};
    EXPECT_EQ(pids(table, eras), (std::vector<std::uint32_t>{2, 3}));
}

/// A writer that follows the programs' protocol never shows half an event.
TEST(ReadStanding, NothingTornIsTold) {
    std::array<watch_standing, 1> table{};
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (std::uint32_t i = 1; !done; ++i) {
            __atomic_fetch_add(&table[0].version, 1, __ATOMIC_SEQ_CST);
            __atomic_store_n(&table[0].event.head.pid, i, __ATOMIC_RELAXED);
            __atomic_store_n(&table[0].event.head.disk, i, __ATOMIC_RELAXED);
            __atomic_store_n(&table[0].in_force, 1, __ATOMIC_RELAXED);
            __atomic_fetch_add(&table[0].version, 1, __ATOMIC_SEQ_CST);
            std::this_thread::yield();
        }
    });
    std::vector<watch_event_named> events;
    constexpr std::size_t kEnough = 10'000;
    std::size_t told = 0;
    std::size_t torn = 0;
    const auto deadline = Deadline::after(std::chrono::seconds(30));
    while (told < kEnough && !deadline.passed()) {
        read_standing(table, {}, events);
        for (const auto& event : events) {
            ++told;
            torn += event.head.pid == event.head.disk ? 0 : 1;
        }
    }
    done = true;
    writer.join();
    EXPECT_GE(told, kEnough);
    EXPECT_EQ(torn, 0U);
}

}  // namespace
}  // namespace blkhang
