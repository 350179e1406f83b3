// SPDX-License-Identifier: GPL-2.0-only
#include "machine/queues_below.h"

#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

/// A /sys and a /proc as a machine with stacked devices has them.
class QueuesBelow : public FakeHost {
protected:
    void put_loop(const std::string& file) {
        put_disk("loop0", "7:0");
        put("sys/block/loop0/loop/backing_file", file + "\n");
    }
    Result<Queues> below(unsigned major, unsigned minor) { return queues_below(makedev(major, minor), roots()); }
};

TEST_F(QueuesBelow, ADiskIsItsOwnAndAPartitionItsDisks) {
    put_disk("sda", "8:0");
    put_partition("sda", "sda1", "8:1");
    EXPECT_THAT(*below(8, 0), ElementsAre("sda"));
    EXPECT_THAT(*below(8, 1), ElementsAre("sda"));
}

TEST_F(QueuesBelow, ALogicalVolumeOnARaidOfPartitionsHasTheQueuesOfTheDisks) {
    put_disk("sda", "8:0");
    put_partition("sda", "sda2", "8:2");
    put_disk("sdb", "8:16");
    put_partition("sdb", "sdb2", "8:18");
    put_disk("md0", "9:0");
    put_slave("md0", "sda2");
    put_slave("md0", "sdb2");
    put_disk("dm-0", "253:0");
    put_slave("dm-0", "md0");
    put_disk("dm-1", "253:1");
    put_slave("dm-1", "dm-0");
    EXPECT_THAT(*below(253, 1), ElementsAre("sda", "sdb"));
}

TEST_F(QueuesBelow, APartitionOfARaidLeadsToItsParts) {
    put_disk("nvme0n1", "259:0");
    put_disk("md127", "9:127");
    put_slave("md127", "nvme0n1");
    put_partition("md127", "md127p1", "259:7");
    EXPECT_THAT(*below(259, 7), ElementsAre("nvme0n1"));
}

TEST_F(QueuesBelow, ALoopDeviceIsStoppedWithTheDiskOfItsFile) {
    put_disk("vda", "254:0");
    put("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    put_loop("/var/images/one");
    EXPECT_FALSE(below(7, 0)) << "the file is not there: which disk it is on cannot be told";
    put("var/images/one", "x");
    EXPECT_THAT(*below(7, 0), ElementsAre("loop0", "vda"));
}

TEST_F(QueuesBelow, ALoopDeviceOnADiskIsStoppedWithThat) {
    put_disk("vda", "254:0");
    put_loop("/dev/vda");
    EXPECT_FALSE(below(7, 0));
    put("dev/vda", "");
    EXPECT_THAT(*below(7, 0), ElementsAre("loop0", "vda"));
}

TEST_F(QueuesBelow, AFileOnBtrfsMayBeOnAnyOfItsDisks) {
    put_disk("vda", "254:0");
    put("dev/vda", "");
    put("proc/self/mountinfo", "27 1 0:33 / / rw - btrfs /dev/vda rw\n");
    put("var/images/one", "x");
    put_loop("/var/images/one");
    EXPECT_FALSE(below(7, 0));
}

TEST_F(QueuesBelow, CompressedMemoryIsStoppedWithTheDiskBehindIt) {
    put_disk("sdb", "8:16");
    put("dev/sdb", "");
    put_disk("zram0", "251:0");
    put("sys/block/zram0/backing_dev", "/dev/sdb\n");
    EXPECT_THAT(*below(251, 0), ElementsAre("sdb", "zram0"));
}

TEST_F(QueuesBelow, WhatCannotBeFollowedIsAnErrorAndNotASafePlace) {
    EXPECT_FALSE(below(8, 0));
    put_disk("dm-0", "253:0");
    put_disk("dm-1", "253:1");
    put_slave("dm-0", "dm-1");
    put_slave("dm-1", "dm-0");
    EXPECT_FALSE(below(253, 0)) << "a circle";
    put_disk("dm-2", "253:2");
    put_slave("dm-2", "gone");
    EXPECT_FALSE(below(253, 2));
}

TEST_F(QueuesBelow, AtRiskAreTheDisksOfSwapAndRoot) {
    put_disk("vda", "254:0");
    put_partition("vda", "vda1", "254:1");
    put("proc/self/mountinfo",
        "22 27 0:20 / /sys rw - sysfs sysfs rw\n27 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n");
    put("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/no/such/swap  partition\t524284\t0\t-2\n");
    EXPECT_THAT(queues_at_risk(roots()), ElementsAre("/no/such/swap?", "vda"));
}

TEST_F(QueuesBelow, ARootOnBtrfsMayBeOnAnyDiskAndOneInMemoryIsOnNone) {
    put("proc/self/mountinfo", "27 1 0:33 /@ / rw - btrfs /dev/vda1 rw\n");
    EXPECT_THAT(queues_at_risk(roots()), ElementsAre("/?"));
    put("proc/self/mountinfo", "27 1 0:33 / / rw - overlay overlay rw,upperdir=/u\n");
    EXPECT_THAT(queues_at_risk(roots()), testing::IsEmpty());
}

}  // namespace
}  // namespace blkhang
