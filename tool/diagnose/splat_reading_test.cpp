// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/splat_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/testing/told.h"

namespace blkhang {
namespace {

using Claim = SplatReading::Claim;
using testing::HasSubstr;

LockdepSplat splat_of(std::string headline, std::string wants) {
    LockdepSplat splat;
    splat.headline = std::move(headline);
    splat.wants = std::move(wants);
    return splat;
}

TEST(SplatReading, TheWarningOf2011) {
    auto splat = splat_of("inconsistent lock state: {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage", "pcpu_alloc_mutex");
    EXPECT_EQ(read_splat(splat).claim, Claim::family);
    splat.stack = told::stack(
        "__mutex_lock < pcpu_alloc < __alloc_percpu < blkio_alloc_blkg_stats < throtl_alloc_tg < "
        "throtl_get_tg < blk_throtl_bio");
    const auto reading = read_splat(splat);
    EXPECT_EQ(reading.claim, Claim::member);
    EXPECT_EQ(reading.member->name, "kvm-2011");
}

TEST(SplatReading, TheBugOf2011AsKernelsSince4_14TellIt) {
    auto splat = splat_of("possible circular locking dependency detected", "pcpu_alloc_mutex");
    splat.holding = "fs_reclaim";
    splat.chain = {{"fs_reclaim", told::stack("fs_reclaim_acquire < __alloc_pages < pcpu_populate_chunk < pcpu_alloc")},
                   {"pcpu_alloc_mutex", told::stack("__mutex_lock < pcpu_alloc < mm_init < copy_process")}};
    EXPECT_EQ(read_splat(splat).claim, Claim::family) << "who allocates inside reclaim is not told";
    splat.stack = told::stack(
        "__mutex_lock < pcpu_alloc < stats_of_group < blk_throtl_bio < submit_bio < swap_writepage < "
        "try_to_free_pages");
    const auto reading = read_splat(splat);
    EXPECT_EQ(reading.claim, Claim::member);
    EXPECT_EQ(reading.member->name, "kvm-2011");
    EXPECT_TRUE(reading.disks.empty()) << "no queue is in it";
}

TEST(SplatReading, WhatIsCutOffIsNotGuessed) {
    EXPECT_EQ(read_splat(splat_of("possible circular locking dependency detected", "pcpu_alloc_mutex")).claim,
              Claim::family);
    EXPECT_EQ(read_splat(splat_of("possible recursive locking detected", "pcpu_alloc_mutex")).claim, Claim::family)
        << "that it holds it is not in the log";
    EXPECT_EQ(read_splat(splat_of("Invalid wait context", "pcpu_alloc_mutex")).claim, Claim::other);
}

TEST(SplatReading, AMemberIsToldByAStackThatAllocates) {
    auto splat = splat_of("possible circular locking dependency detected", "&q->elevator_lock");
    splat.holding = "&q->q_usage_counter(io)";
    splat.chain = {{"fs_reclaim", {}}, {"pcpu_alloc_mutex", told::stack("__mutex_lock < pcpu_alloc < mm_init")}};
    splat.stack = told::stack("__mutex_lock < elevator_switch < elv_iosched_store");
    EXPECT_EQ(read_splat(splat).claim, Claim::family) << "it switches, and allocates nothing there";
    splat.chain[1].stack = told::stack("__mutex_lock < pcpu_alloc < sbitmap_init_node < elevator_switch");
    EXPECT_EQ(read_splat(splat).claim, Claim::member);
    EXPECT_THAT(read_splat(splat).disks, HasSubstr("one class"));
}

TEST(SplatReading, OtherLocksAreOtherPeoples) {
    auto splat = splat_of("possible circular locking dependency detected", "rtnl_mutex");
    splat.holding = "&dev->lock";
    EXPECT_EQ(read_splat(splat).claim, Claim::other);
    EXPECT_TRUE(read_splat(splat).disks.empty());
}

TEST(SplatReading, WhatIsHeldInAWarningThatIsAboutNoOrderClaimsNothing) {
    LockdepSplat splat;
    splat.headline = "suspicious RCU usage";
    splat.holds = {{"pcpu_alloc_mutex", "pcpu_alloc"}, {"&q->q_usage_counter(io)#8", "blk_mq_freeze_queue"}};
    const auto reading = read_splat(splat);
    EXPECT_EQ(reading.claim, SplatReading::Claim::other);
    EXPECT_THAT(reading.what, testing::HasSubstr("no order of locks"));
}

}  // namespace
}  // namespace blkhang
