// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/consistency.h"
#include "profile/profile_toml.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

Profile profile_with_pressure() {
    Profile profile;
    profile.name = "x";
    profile.summary = "one";
    profile.churn.workers = 2;
    profile.churn.ring = 40;
    profile.churn.member_memory = 2 * kMiB;
    profile.pressure.vm = 1;
    profile.pressure.vm_bytes = 96 * kMiB;
    profile.writers.count = 1;
    return profile;
}

TEST(Scale, PressureAndChurnTogetherAreMoreThanThereIs) {
    const auto made = scaled(profile_with_pressure(), {.cpus = 2, .memory_available = 500 * kMiB, .swap = kGiB});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->profile.pressure.vm, 1U);
    EXPECT_EQ(made->profile.pressure.vm_bytes + 160 * kMiB, 700 * kMiB);
    EXPECT_THAT(made->chosen, Contains(HasSubstr("140% of 500MiB available")));
}

TEST(Scale, ALargeHostGetsManyOfEach) {
    auto profile = profile_with_pressure();
    profile.kvm.guests = 8;
    const auto made = scaled(
        profile, {.cpus = 64, .memory_available = 200 * kGiB, .swap = 256 * kGiB, .data = 10 * kGiB, .kvm = true});
    ASSERT_TRUE(made);
    const auto& large = made->profile;
    EXPECT_EQ(large.writers.count, 64U);
    EXPECT_EQ(large.churn.workers, 8U);
    EXPECT_EQ(large.churn.workers * large.churn.ring, 3200U) << "16 for each GiB";
    EXPECT_EQ(large.percpu.churners, 4U);
    EXPECT_EQ(large.percpu.churners * large.percpu.maps, 200U);
    EXPECT_EQ(large.kvm.guests, 12U);
    EXPECT_GE(large.pressure.vm, 60U);
    EXPECT_LE(large.pressure.vm_bytes, 4 * kGiB);
    EXPECT_THAT(made->chosen, Contains("writers.count = 64: 1 for each of 64 CPUs"));
    const auto again = parse_profile(to_toml(large), "scaled");
    EXPECT_TRUE(again) << again.error().message();
}

TEST(Scale, ThereAreBounds) {
    const auto made =
        scaled(profile_with_pressure(), {.cpus = 4096, .memory_available = 2000 * kGiB, .swap = 4000 * kGiB});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->profile.writers.count, kMostWriters);
    EXPECT_LE(made->profile.churn.workers * made->profile.churn.ring, kMostMembers);
    EXPECT_EQ(made->profile.kvm.guests, 0U);
    const auto room = made->profile.guest.data_disk;
    EXPECT_LE(made->profile.writers.span * made->profile.writers.count, room) << "they share it out";
    EXPECT_TRUE(check_consistency(made->profile));
}

TEST(Scale, WithoutKvmThereAreNotMoreVirtualMachines) {
    auto profile = profile_with_pressure();
    profile.kvm.guests = 8;
    EXPECT_EQ(scaled(profile, {.cpus = 128})->profile.kvm.guests, 8U);
}

TEST(Scale, VirtualMachinesAreNotMoreThanFit) {
    auto profile = profile_with_pressure();
    profile.kvm.guests = 8;
    MachineSize machine{.cpus = 64, .memory_available = 2 * kGiB, .swap = 4 * kGiB, .kvm = true};
    EXPECT_EQ(scaled(profile, machine)->profile.kvm.guests, 10U) << "into memory";
    machine.memory_available = kGiB;
    EXPECT_EQ(scaled(profile, machine)->profile.kvm.guests, 8U) << "though those do not: nothing is made smaller";
    machine.memory_available = 4 * kGiB;
    EXPECT_EQ(scaled(profile, machine)->profile.kvm.guests, 12U);
    profile.guest.data_disk = 256 * kMiB;
    profile.kvm.disk = 30 * kMiB;
    const auto made = scaled(profile, machine);
    EXPECT_EQ(made->profile.kvm.guests, 8U) << "onto a disk of 256 MiB";
    EXPECT_TRUE(check_consistency(made->profile));
}

TEST(Scale, PressureKnowsThatBootSectorsAreSmall) {
    auto profile = profile_with_pressure();
    profile.kvm.guests = 4;
    profile.kvm.boot = KvmBoot::sector;
    const auto made = scaled(profile, {.cpus = 2, .memory_available = 500 * kMiB, .swap = kGiB});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->profile.pressure.vm_bytes + (160 + 4 * 4) * kMiB, 700 * kMiB);
}

TEST(Scale, WhatAProfileLeavesOutIsNotAdded) {
    auto profile = profile_with_pressure();
    profile.writers.count = 0;
    profile.pressure.vm = 0;
    profile.churn.workers = 0;
    profile.percpu.churners = 0;
    const auto made = scaled(profile, {.cpus = 64, .memory_available = 200 * kGiB, .kvm = true});
    ASSERT_TRUE(made);
    EXPECT_EQ(to_toml(made->profile), to_toml(profile));
    EXPECT_THAT(made->chosen, IsEmpty());
}

TEST(Scale, AProfileThatSaysSoStaysAsItIs) {
    auto profile = profile_with_pressure();
    profile.scale = {0, 0, 0, 0, 0, 0, 0};
    const auto made = scaled(profile, {.cpus = 64, .memory_available = 200 * kGiB, .swap = kGiB, .kvm = true});
    ASSERT_TRUE(made);
    EXPECT_EQ(to_toml(made->profile), to_toml(profile));
}

TEST(Scale, AGuestUnderKvmGetsMoreThanAnEmulatedOne) {
    const auto profile = profile_with_pressure();
    const auto made = scaled(profile, size_under_kvm(profile));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->profile.writers.count, 16U);
    EXPECT_EQ(made->profile.pressure.vm_bytes, profile.pressure.vm_bytes) << "its memory is what the profile is for";
    EXPECT_TRUE(check_consistency(made->profile));
}

TEST(Scale, TooLittleToSwapToIsRefused) {
    const auto refused = scaled(profile_with_pressure(), {.cpus = 2, .memory_available = 8 * kGiB, .swap = kGiB});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::unsupported);
    EXPECT_THAT(
        refused.error().message(),
        HasSubstr(
            "1GiB to swap to are too little to make 8GiB of memory short (give it disks of 4GiB or more together)"));
}

}  // namespace
}  // namespace blkhang
