// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

Profile profile_with_pressure() {
    Profile profile;
    profile.churn.workers = 2;
    profile.churn.ring = 40;
    profile.churn.member_memory = 2 * kMiB;
    profile.pressure.vm = 1;
    profile.pressure.vm_bytes = 96 * kMiB;
    profile.writers.count = 1;
    return profile;
}

TEST(Scale, PressureAndChurnTogetherAreMoreThanThereIs) {
    const auto made = scaled(profile_with_pressure(), {2, 500 * kMiB, kGiB});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->pressure.vm, 1U);
    EXPECT_EQ(made->pressure.vm_bytes + 160 * kMiB, 700 * kMiB);
}

TEST(Scale, ALargeHostGetsManyWritersAndManyThatPress) {
    const auto made = scaled(profile_with_pressure(), {64, 200 * kGiB, 256 * kGiB});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->writers.count, 64U);
    EXPECT_GE(made->pressure.vm, 70U);
    EXPECT_LE(made->pressure.vm_bytes, 4 * kGiB);
    EXPECT_EQ(scaled(profile_with_pressure(), {4096, 200 * kGiB, 256 * kGiB})->writers.count, kMostWriters);
}

TEST(Scale, WhatAProfileLeavesOutIsNotAdded) {
    auto profile = profile_with_pressure();
    profile.writers.count = 0;
    profile.pressure.vm = 0;
    const auto made = scaled(profile, {64, 200 * kGiB, 0});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->writers.count, 0U);
    EXPECT_EQ(made->pressure.vm, 0U);
}

TEST(Scale, TooLittleToSwapToIsRefused) {
    const auto refused = scaled(profile_with_pressure(), {2, 8 * kGiB, kGiB});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::unsupported);
    EXPECT_THAT(
        refused.error().message(),
        HasSubstr(
            "1GiB to swap to are too little to make 8GiB of memory short (give it disks of 4GiB or more together)"));
}

}  // namespace
}  // namespace blkhang
