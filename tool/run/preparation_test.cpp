// SPDX-License-Identifier: GPL-2.0-only
#include "run/preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "stage/testing/fake_guest.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PreparationTest : public testing::Test {
protected:
    PreparationTest() {
        machine_.tree.put("stress-ng", "");
        profile_.pressure.vm = 1;
        profile_.throttle.data.write_bytes_per_s = 1;
    }
    Preparation prepared() { return prepare(profile_, machine_.site, release_); }
    void have_blkio_alone() {
        machine_.calls.brings["mount cgroup2"] = [this] {
            machine_.tree.put("sys/fs/cgroup/cgroup.controllers", "pids");
        };
        machine_.tree.put("proc/cgroups", "blkio\t1\n");
        machine_.cgroups.mounts = {{"blkio", machine_.tree.at("v1")}};
        machine_.cgroups.knobs = {"blkio.throttle.write_bps_device"};
    }
    bool is_swap_submitters() {
        const auto found = prepared();
        EXPECT_TRUE(found.load) << release_;
        return found.load && found.load->swap_is_submitters;
    }

    FakeGuest machine_;
    Profile profile_;
    std::string release_ = "6.1.0-57-cloud-amd64";
};

TEST_F(PreparationTest, ASiteThatHasItAllLacksNothing) {
    const auto found = prepared();
    EXPECT_THAT(found.lacks, IsEmpty());
    ASSERT_TRUE(found.load);
    EXPECT_EQ(found.load->cgroups, found.cgroups.get());
    EXPECT_EQ(found.load->stress_ng, machine_.tree.at("stress-ng"));
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("told mount cgroup2", "mount cgroup2", "told cgroup blkhang", "make group blkhang"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
}

TEST_F(PreparationTest, AllThatIsLackingIsToldNotOnlyTheFirst) {
    profile_.swap.device = SwapKind::null_blk;
    profile_.triggers = {{.name = "switch", .file = "/sys/block/{disk}/queue/scheduler", .values = {"bfq"}}};
    profile_.triggers.front().disk = TriggerDisk::data;
    machine_.calls.fails["mount configfs"] = ENODEV;
    machine_.cgroups.knobs.clear();
    for (const char* file : {"stress-ng", "proc/swaps"}) {
        std::filesystem::remove(machine_.tree.at(file));
    }
    const auto found = prepared();
    EXPECT_THAT(found.lacks, ElementsAre(HasSubstr("the disk nullb1 cannot be made"), "stress-ng is not in the guest",
                                         "this kernel cannot swap (CONFIG_SWAP)", HasSubstr("takes no writes to"),
                                         "this kernel has no io.max (CONFIG_BLK_DEV_THROTTLING)"));
    EXPECT_TRUE(found.load) << "it is what else is lacking that was asked of it";
}

TEST_F(PreparationTest, StressNgIsOnlyMissedByWhatPresses) {
    std::filesystem::remove(machine_.tree.at("stress-ng"));
    profile_.pressure.vm = 0;
    EXPECT_THAT(prepared().lacks, IsEmpty());
}

TEST_F(PreparationTest, WithoutCgroupsTheDisksAreLookedForAllTheSame) {
    machine_.calls.brings.clear();
    profile_.cgroup.version = CgroupVersion::v2;
    std::filesystem::remove(machine_.tree.at("dev/vdb"));
    const auto found = prepared();
    EXPECT_THAT(found.lacks, ElementsAre(HasSubstr("io and memory are needed"), HasSubstr("there is no disk vdb")));
    EXPECT_FALSE(found.load);
    EXPECT_EQ(found.cgroups, nullptr);
}

TEST_F(PreparationTest, AGroupThatCannotBeMadeIsAFailureNotALack) {
    machine_.cgroups.fails.insert("make group blkhang");
    const auto found = prepared();
    EXPECT_THAT(found.lacks, IsEmpty());
    ASSERT_FALSE(found.load);
    EXPECT_EQ(found.load.error().fault(), Fault::broken);
}

TEST_F(PreparationTest, AnyVersionOfCgroupsDoes) {
    machine_.calls.brings["mount cgroup2"] = [this] { machine_.tree.put("sys/fs/cgroup/cgroup.controllers", "pids"); };
    machine_.tree.put("proc/cgroups", "blkio\t1\nmemory\t2\n");
    machine_.cgroups.mounts = {{"blkio", machine_.tree.at("v1")}, {"memory", machine_.tree.at("v1")}};
    machine_.cgroups.knobs = {"blkio.throttle.write_bps_device"};
    const auto found = prepared();
    EXPECT_THAT(found.lacks, IsEmpty());
    ASSERT_TRUE(found.load);
    EXPECT_EQ(found.cgroups->version(), CgroupVersion::v1);
}

/// Its /proc/cgroups says nothing of controllers that have no form for v1, which on v2 are there all the same.
TEST_F(PreparationTest, WithMemoryGroupsSwapIsNotTheSubmittersWhateverIsListed) {
    machine_.tree.put("proc/cgroups", "cpu\t0\t1\t1\n");
    for (const auto* release : {"6.1.0-57-cloud-amd64", "7.3.4+deb13-cloud-amd64"}) {
        release_ = release;
        EXPECT_FALSE(is_swap_submitters()) << release;
    }
}

TEST_F(PreparationTest, OnV1AloneSwapIsTheSubmittersWhereNobodyHasMemoryGroups) {
    have_blkio_alone();
    EXPECT_TRUE(is_swap_submitters()) << "this release would list them";
    release_ = "7.3.4+deb13-cloud-amd64";
    EXPECT_FALSE(is_swap_submitters()) << "nor does this one list those that it has";
    release_ = "3.2.0-4-amd64";
    EXPECT_TRUE(is_swap_submitters());
}

}  // namespace
}  // namespace blkhang
