// SPDX-License-Identifier: GPL-2.0-only
#include "stage/mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Mounts : public testing::Test {
protected:
    Result<CgroupVersion> mount(CgroupVersion wanted) { return mount_cgroups(machine_.staging, wanted); }
    /// A v2 hierarchy whose controllers are all taken by v1.
    void unified_offers(const std::string& controllers) {
        machine_.calls.brings["mount cgroup2"] = [this, controllers] {
            machine_.tree.put("sys/fs/cgroup/cgroup.controllers", controllers);
        };
    }
    void v1_offers(const std::string& controllers) { machine_.tree.put("proc/cgroups", controllers); }
    [[nodiscard]] const std::vector<std::string>& journal() const { return machine_.ledger.journal; }

    FakeMachine machine_;
};

TEST_F(Mounts, EachIsToldBeforeItIsMade) {
    ASSERT_TRUE(mount_system(machine_.staging));
    EXPECT_THAT(journal(), ElementsAre("told mount proc", "mount proc", "told mount sysfs", "mount sysfs",
                                       "told mount devtmpfs", "mount devtmpfs", "told mount tmpfs", "mount tmpfs",
                                       "told directory tracing", "told mount tracefs", "mount tracefs",
                                       "told directory debug", "told mount debugfs", "mount debugfs"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_EQ(machine_.ledger.all<change::Mount>().front(), (change::Mount{"proc", machine_.tree.roots().proc()}));
}

TEST_F(Mounts, WhatIsThereAlreadyIsNotOursToUndo) {
    machine_.tree.mounted("tmpfs", machine_.tree.at("x"));
    EXPECT_FALSE(mount_at(machine_.staging, "tmpfs", machine_.tree.at("x")).value());
    EXPECT_THAT(journal(), IsEmpty());
    EXPECT_TRUE(mount_at(machine_.staging, "cgroup2", machine_.tree.at("x")).value()) << "of another type";
    machine_.calls.fails["mount tmpfs"] = EBUSY;
    EXPECT_FALSE(mount_at(machine_.staging, "tmpfs", machine_.tree.at("y")).value());
}

TEST_F(Mounts, AFailureSaysWhatAndWhere) {
    machine_.calls.fails["mount sysfs"] = ENODEV;
    const auto failed = mount_system(machine_.staging);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("mounting sysfs at " + machine_.tree.roots().sys().string()));
    EXPECT_THAT(journal(), Not(Contains("mount devtmpfs")));
}

TEST_F(Mounts, AKernelWithoutDevtmpfsIsToldApart) {
    EXPECT_TRUE(mount_system(machine_.staging).value());
    machine_.calls.fails["mount devtmpfs"] = ENODEV;
    EXPECT_FALSE(mount_system(machine_.staging).value());
    EXPECT_THAT(journal(), Contains("mount debugfs")) << "and goes on";
}

TEST_F(Mounts, AKernelWithoutTracefsOrDebugfsIsWatchedAllTheSame) {
    machine_.calls.fails["mount tracefs"] = ENODEV;  // before 4.1
    EXPECT_TRUE(mount_system(machine_.staging));
    machine_.calls.fails["mount debugfs"] = ENODEV;
    EXPECT_TRUE(mount_system(machine_.staging));
}

TEST_F(Mounts, WithoutTheLedgerNothingIsMounted) {
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(mount_system(machine_.staging));
    EXPECT_FALSE(mount_at(machine_.staging, "tmpfs", machine_.tree.at("new")));
    EXPECT_FALSE(is_there(machine_.tree.at("new")));
    EXPECT_THAT(journal(), IsEmpty());
}

TEST_F(Mounts, AutomaticTakesV2WhereItHasTheControllers) {
    EXPECT_EQ(mount(CgroupVersion::automatic).value(), CgroupVersion::v2);
    EXPECT_THAT(journal(), ElementsAre("told mount cgroup2", "mount cgroup2"));
}

TEST_F(Mounts, AutomaticFallsBackToV1AndTakesV2AwayAgain) {
    unified_offers("cpu pids\n");
    v1_offers("blkio\t1\nmemory\t2\n");
    EXPECT_EQ(mount(CgroupVersion::automatic).value(), CgroupVersion::v1);
    EXPECT_THAT(journal(),
                ElementsAre("told mount cgroup2", "mount cgroup2", "unmount cgroup", "told mount tmpfs", "mount tmpfs",
                            "told directory blkio", "told mount cgroup", "mount cgroup blkio,memory"));
}

TEST_F(Mounts, AutomaticTakesV1WhereThereIsNoV2) {
    machine_.tree.put("proc/filesystems", "nodev\tcgroup\n\text4\n");
    v1_offers("#subsys_name\thierarchy\tnum_cgroups\tenabled\nblkio\t0\t1\t1\n");
    EXPECT_EQ(mount(CgroupVersion::automatic).value(), CgroupVersion::v1);
    EXPECT_THAT(journal(), Not(Contains("mount cgroup2")));
    machine_.calls.fails["mount cgroup2"] = ENODEV;
    EXPECT_FALSE(mount(CgroupVersion::v2)) << "that is asked for";
}

TEST_F(Mounts, AControllerThatIsSwitchedOffIsNone) {
    v1_offers("#subsys_name\thierarchy\tnum_cgroups\tenabled\nblkio\t0\t1\t1\nmemory\t0\t1\t0\n");
    EXPECT_TRUE(has_controller(machine_.tree.roots(), "blkio"));
    EXPECT_FALSE(has_controller(machine_.tree.roots(), "memory"));
    EXPECT_FALSE(has_controller(machine_.tree.roots(), "pids"));
}

TEST_F(Mounts, AV2ThatWasThereBeforeIsNotTakenAway) {
    machine_.tree.put("sys/fs/cgroup/cgroup.controllers", "pids\n");
    machine_.tree.mounted("cgroup2", machine_.tree.roots().cgroup());
    v1_offers("blkio\t1\n");
    EXPECT_EQ(mount(CgroupVersion::automatic).value(), CgroupVersion::v1);
    EXPECT_THAT(journal(), Not(Contains("unmount cgroup")));
}

TEST_F(Mounts, AV2ThatCannotBeTakenAwayAgainIsTheEndOfIt) {
    unified_offers("pids\n");
    v1_offers("blkio\t1\n");
    machine_.calls.fails["unmount cgroup"] = EPERM;
    const auto failed = mount(CgroupVersion::automatic);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("unmounting"));
    EXPECT_THAT(journal(), Not(Contains("mount tmpfs")));
}

TEST_F(Mounts, AKernelThatListsMemoryAndRefusesItGetsBlkioAlone) {
    v1_offers("blkio\t1\nmemory\t2\n");
    machine_.calls.fails["mount cgroup blkio,memory"] = EINVAL;
    EXPECT_EQ(mount(CgroupVersion::v1).value(), CgroupVersion::v1);
    EXPECT_EQ(journal().back(), "mount cgroup blkio");
}

TEST_F(Mounts, WhatThisKernelLacksIsUnsupported) {
    unified_offers("pids\n");
    const auto no_v2 = mount(CgroupVersion::v2);
    ASSERT_FALSE(no_v2);
    EXPECT_EQ(no_v2.error().fault(), Fault::unsupported);
    EXPECT_THAT(no_v2.error().message(), HasSubstr("io and memory are needed"));
    const auto no_v1 = mount(CgroupVersion::v1);
    ASSERT_FALSE(no_v1);
    EXPECT_EQ(no_v1.error().fault(), Fault::unsupported);
}

}  // namespace
}  // namespace blkhang
