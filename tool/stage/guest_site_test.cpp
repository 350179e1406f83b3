// SPDX-License-Identifier: GPL-2.0-only
#include "stage/guest_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "stage/load_site.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GuestSiteTest : public testing::Test {
protected:
    GuestSiteTest() { profile_.swap.disks = 1; }
    std::vector<std::string> provide() {
        return site_
            .provide_disks(profile_,
                           [this](int /*socket*/, int /*backing*/) -> Status {
                               ++served_;
                               return {};
                           })
            .value();
    }
    FakeMachine machine_;
    GuestSite site_{machine_.staging, machine_.cgroups};
    Profile profile_;
    int served_ = 0;
};

TEST_F(GuestSiteTest, EverythingInAGuestMayBeChanged) {
    EXPECT_EQ(site_.terms().healing, Healing::allowed);
    EXPECT_EQ(site_.terms().cgroup, "blkhang");
    EXPECT_EQ(site_.terms().stress_ng, "/usr/bin/stress-ng");
}

TEST_F(GuestSiteTest, VirtioDisksAreThereByThemselves) {
    machine_.tree.disk("vda", "254:0");
    machine_.tree.disk("vdb", "254:16");
    EXPECT_THAT(provide(), IsEmpty());
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(GuestSiteTest, AllThatIsMissingIsTold) {
    profile_.swap.spare = 1;
    machine_.tree.disk("vdb", "254:16");
    EXPECT_THAT(provide(), ElementsAre("there is no disk vda (is the virtio_blk driver built?)",
                                       "there is no disk vdc (is the virtio_blk driver built?)"));
}

TEST_F(GuestSiteTest, AMissingDriverIsToldOnce) {
    profile_.swap.device = SwapKind::null_blk;
    machine_.tree.disk("vda", "254:0");
    machine_.tree.put("sys/kernel/config/other", "");
    EXPECT_THAT(provide(), ElementsAre(HasSubstr("the disk nullb1 cannot be made")));
}

TEST_F(GuestSiteTest, ADiskThatNobodyDrivesIsNotServed) {
    profile_.swap.device = SwapKind::nbd;
    machine_.tree.disk("vda", "254:0");
    machine_.tree.disk("vdb", "254:16");
    EXPECT_THAT(provide(), ElementsAre(HasSubstr("there is no disk nbd0 (is"), HasSubstr("CONFIG_BLK_DEV_NBD")));
    EXPECT_EQ(served_, 0);
}

TEST_F(GuestSiteTest, CpusComeOnlineWhenTheyAreAskedFor) {
    machine_.tree.put("sys/devices/system/cpu/cpu1/online", "0\n");
    ASSERT_TRUE(site_.provide_cgroups(CgroupVersion::automatic));
    EXPECT_EQ(machine_.tree.get("sys/devices/system/cpu/cpu1/online"), "0\n");
    ASSERT_TRUE(site_.provide_cpus());
    EXPECT_EQ(machine_.tree.get("sys/devices/system/cpu/cpu1/online"), "1\n");
}

class FindLoadSite : public GuestSiteTest {
protected:
    Result<LoadSite> find() {
        tree_ = std::make_unique<CgroupTree>(
            CgroupTree::open(machine_.ledger, machine_.cgroups, CgroupVersion::v2, "blkhang").value());
        told_ = machine_.ledger.told.size();
        return find_load_site(profile_, site_, *tree_);
    }
    std::unique_ptr<CgroupTree> tree_;
    std::size_t told_ = 0;
};

TEST_F(FindLoadSite, EachDiskGetsItsThrottle) {
    profile_.swap.disks = 2;
    profile_.swap.spare = 1;
    profile_.throttle.data.write_bytes_per_s = 1;
    profile_.throttle.swap.read_ios_per_s = 2;
    for (const auto& [name, number] :
         {std::pair{"vda", "254:0"}, {"vdb", "254:16"}, {"vdc", "254:32"}, {"vdd", "254:48"}}) {
        machine_.tree.disk(name, number);
    }
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->data_disk.path, machine_.tree.at("dev/vda"));
    ASSERT_EQ(found->spare_disks.size(), 1U);
    EXPECT_EQ(found->spare_disks[0].name, "vdd");
    ASSERT_EQ(found->throttles.size(), 3U) << "a spare one has none";
    EXPECT_EQ(found->throttles[0].disk, "254:0");
    EXPECT_EQ(found->throttles[0].limits.write_bytes_per_s, 1U);
    EXPECT_EQ(found->throttles[2].disk, "254:32");
    EXPECT_EQ(found->throttles[2].limits.read_ios_per_s, 2U);
    EXPECT_EQ(found->cgroup, machine_.tree.roots().cgroup() / "blkhang");
    EXPECT_EQ(machine_.ledger.told.size(), told_) << "finding changes nothing";
}

TEST_F(FindLoadSite, SwapDisksThatAreNotThereAreLeftOut) {
    machine_.tree.disk("vda", "254:0");
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_THAT(found->swap_disks, IsEmpty());
}

TEST_F(FindLoadSite, WithoutADiskToWriteToThereIsNone) {
    machine_.tree.disk("vdb", "254:16");
    const auto found = find();
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message(), HasSubstr("looking at disk vda"));
}

}  // namespace
}  // namespace blkhang
