// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/stack_reading.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "diagnose/testing/told.h"

namespace blkhang {
namespace {

constexpr std::string_view kMutex = "pcpu_alloc_mutex";

StackReading read(std::string_view frames, std::optional<char> state = 'D', std::string_view release = "6.1") {
    return read_stack(told::stack(frames), state, kernel_version(release));
}

TEST(StackReading, AnOwnerThatSwapsOutWaitsForTheQueue) {
    const auto reading = read(told::kOwnerAtQueue);
    ASSERT_TRUE(waits_for(reading, Thing::frozen_queue));
    EXPECT_EQ(reading.wait->certainty, Certainty::inferred);
    const auto* hold = find_hold(reading, Thing::lock, kMutex);
    ASSERT_NE(hold, nullptr);
    EXPECT_EQ(hold->certainty, Certainty::certain);
    EXPECT_EQ(hold->function, "pcpu_populate_chunk");
}

TEST(StackReading, ASwitcherHasTheQueueFrozenAndWaitsForTheMutex) {
    const auto reading = read(told::kSwitcherAtMutex);
    EXPECT_TRUE(waits_for(reading, Thing::lock, kMutex));
    EXPECT_EQ(reading.wait->certainty, Certainty::certain);
    EXPECT_NE(find_hold(reading, Thing::frozen_queue), nullptr);
    EXPECT_EQ(find_hold(reading, Thing::lock, kMutex), nullptr) << "it waits for it";
}

TEST(StackReading, ANestedAllocationThatMayNotBlockTakesNoMutex) {
    const auto reading = read(
        "__schedule < schedule < io_schedule < blk_mq_get_tag < submit_bio < bio_associate_blkg < blkg_create < "
        "blkg_alloc < pcpu_alloc < __swap_writepage < try_to_free_pages < pcpu_populate_chunk < pcpu_alloc");
    EXPECT_TRUE(waits_for(reading, Thing::disk));
    EXPECT_FALSE(waits_for(reading, Thing::lock));
}

TEST(StackReading, WhoRunsInTheAllocatorDoesNotWait) {
    EXPECT_FALSE(read("pcpu_alloc < blkg_alloc < blkg_create", 'R').wait.has_value());
    EXPECT_FALSE(read("preempt_schedule < pcpu_alloc < blkg_alloc", 'R').wait.has_value());
}

TEST(StackReading, WhoSpinsForAMutexWaitsForIt) {
    EXPECT_TRUE(waits_for(read("osq_lock < __mutex_lock < pcpu_alloc < mm_init", 'R'), Thing::lock, kMutex));
}

TEST(StackReading, ProcLeavesOutTheCodeOfMutexes) {
    EXPECT_EQ(read("pcpu_alloc < mm_init < copy_process", 'D').wait->certainty, Certainty::certain);
    EXPECT_EQ(read("pcpu_alloc < mm_init < copy_process", std::nullopt).wait->certainty, Certainty::inferred)
        << "it may be a backtrace of one that runs";
}

TEST(StackReading, MemoryOfACgroupIsPaidForBeforeTheMutexIsTaken) {
    const auto reading = read(
        "__schedule < schedule < __bio_queue_enter < __swap_writepage < try_to_free_mem_cgroup_pages < "
        "try_charge_memcg < obj_cgroup_charge < pcpu_alloc < array_map_alloc");
    EXPECT_EQ(find_hold(reading, Thing::lock, kMutex), nullptr);
}

TEST(StackReading, OfAllocationsBefore318EverythingIsUnderTheMutex) {
    constexpr auto kStack = "io_schedule < get_request < swap_writepage < try_to_free_pages < kmalloc < pcpu_alloc";
    EXPECT_EQ(find_hold(read(kStack, 'D', "3.4"), Thing::lock, kMutex)->certainty, Certainty::certain);
    EXPECT_EQ(find_hold(read(kStack, 'D', "6.1"), Thing::lock, kMutex)->certainty, Certainty::inferred);
    EXPECT_EQ(find_hold(read(kStack, 'D', "4.4"), Thing::lock, kMutex), nullptr);
}

TEST(StackReading, WhatIsFrozenDependsOnTheKernel) {
    constexpr auto kStack = "__schedule < __mutex_lock < pcpu_alloc < blk_iocost_init < ioc_qos_write";
    EXPECT_EQ(find_hold(read(kStack, 'D', "6.1"), Thing::frozen_queue), nullptr) << "it allocates before it freezes";
    EXPECT_EQ(find_hold(read(kStack, 'D', "7.2"), Thing::frozen_queue)->certainty, Certainty::certain);
    EXPECT_EQ(find_hold(read(kStack, 'D', ""), Thing::frozen_queue)->certainty, Certainty::inferred);
}

TEST(StackReading, DoubtedFramesAreLeftOutUnlessThereAreNoOthers) {
    const auto mixed = read("__schedule < ?pcpu_alloc < schedule < __bio_queue_enter < ?elevator_switch < submit_bio");
    EXPECT_TRUE(mixed.holds.empty());
    EXPECT_FALSE(mixed.doubted);
    const auto doubted = read("?__schedule < ?__mutex_lock < ?pcpu_alloc < ?pcpu_populate_chunk < ?pcpu_alloc");
    EXPECT_TRUE(doubted.doubted);
    EXPECT_EQ(doubted.wait->certainty, Certainty::inferred);
    EXPECT_EQ(find_hold(doubted, Thing::lock, kMutex)->certainty, Certainty::inferred);
}

TEST(StackReading, ATrampolineLeavesASecondFrameOfWhatItIsAttachedTo) {
    const auto reading = read(
        "__schedule < schedule < __mutex_lock.constprop.0 < bpf_trampoline_6442522163 < "
        "__mutex_lock_killable_slowpath < pcpu_alloc < bpf_trampoline_6442483531 < pcpu_alloc < array_map_alloc");
    EXPECT_EQ(reading.frames.back(), "array_map_alloc");
    EXPECT_EQ(std::ranges::count(reading.frames, "pcpu_alloc"), 1);
    EXPECT_EQ(find_hold(reading, Thing::lock, kMutex), nullptr);
}

TEST(StackReading, ANetworkFileSystemWaitsThroughThePageCache) {
    EXPECT_TRUE(waits_for(read("io_schedule < folio_wait_bit_common < folio_wait_writeback < nfs_wb_folio < vfs_fsync"),
                          Thing::server));
    EXPECT_TRUE(
        waits_for(read("io_schedule < folio_wait_bit_common < folio_wait_writeback < ext4_sync_file"), Thing::disk));
    EXPECT_TRUE(
        waits_for(read("__schedule < schedule < io_schedule < folio_wait_bit_common < do_swap_page"), Thing::memory));
    EXPECT_TRUE(
        waits_for(read("schedule < wait_transaction_locked < start_this_handle < ext4_setattr"), Thing::journal));
}

TEST(StackReading, ALockWithoutARowIsToldByTheFunctionThatTakesIt) {
    const auto mutex = read("__schedule < schedule < __mutex_lock < do_last < path_openat");
    ASSERT_TRUE(waits_for(mutex, Thing::lock));
    EXPECT_EQ(in_words(*mutex.wait), "a lock that do_last takes");
    const auto semaphore = read("__schedule < schedule < rwsem_down_write_slowpath < down_write < filename_create");
    ASSERT_TRUE(semaphore.wait.has_value());
    EXPECT_EQ(in_words(*semaphore.wait), "a lock that filename_create takes");
}

TEST(StackReading, WhoDrainsAQueueHasBegunToFreezeIt) {
    const auto reading = read("__schedule < schedule < blk_mq_freeze_queue_wait < blk_mq_freeze_queue < some_driver");
    EXPECT_TRUE(waits_for(reading, Thing::queue_users));
    EXPECT_NE(find_hold(reading, Thing::frozen_queue), nullptr);
}

}  // namespace
}  // namespace blkhang
