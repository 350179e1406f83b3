// SPDX-License-Identifier: GPL-2.0-only
#include "guest/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/guest_disks.h"

namespace blkhang {
namespace {

using namespace std::chrono_literals;

TEST(GuestPlan, FollowsTheProfile) {
    Job job;
    job.plant = "sync-alloc";
    job.profile.name = "mine";
    job.profile.summary = "for a test";
    job.profile.duration = 90s;
    job.profile.guest.memory = 1U << 30U;
    job.profile.guest.possible_cpus = 8;
    job.profile.guest.data_disk = 2ULL << 30U;
    job.profile.swap.size = 3ULL << 30U;
    job.profile.pressure.vm = 2;
    job.profile.pressure.vm_bytes = 64U << 20U;
    Kernel kernel;
    kernel.release = "6.1.0";
    const GuestPlan plan = plan_guest(job, kernel, "/cache/sync-alloc.ko");

    EXPECT_EQ(plan.kernel.release, "6.1.0");
    EXPECT_EQ(plan.plant, "/cache/sync-alloc.ko");
    EXPECT_EQ(plan.memory, 1U << 30U);
    EXPECT_EQ(plan.possible_cpus, 8U);
    EXPECT_EQ(plan.disks, guest_disks(job.profile).sizes);
    EXPECT_THAT(plan.programs, testing::ElementsAre("/usr/bin/stress-ng"));
    EXPECT_GT(plan.run_limit, plan.boot_limit + 90s) << "the load must not be cut short by a slow boot";

    const auto back = decode_job(plan.job);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::run);
    EXPECT_EQ(back->plant, "sync-alloc");
}

TEST(GuestPlan, GuestsInTheGuestBringQemuAndWhatTheyBoot) {
    Job job;
    job.profile.kvm.guests = 2;
    const auto plan = plan_guest(job, {}, {});
    EXPECT_THAT(plan.programs, testing::ElementsAre("/usr/bin/qemu-system-x86_64"));
    EXPECT_TRUE(plan.inner_job.empty()) << "a boot sector, as those are small";
    job.profile.kvm.boot = KvmBoot::kernel;
    job.profile.name = "x";
    job.profile.summary = "y";
    EXPECT_EQ(decode_job(plan_guest(job, {}, {}).inner_job)->kind, Job::Kind::write);
}

TEST(GuestPlan, ACheckBringsNoLoad) {
    const GuestPlan plan = plan_guest(check_job(), {}, {});
    const auto back = decode_job(plan.job);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::check);
    EXPECT_TRUE(plan.disks.empty());
    EXPECT_TRUE(plan.programs.empty());
}

}  // namespace
}  // namespace blkhang
