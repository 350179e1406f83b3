// SPDX-License-Identifier: GPL-2.0-only
#include "machine/block_path.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BlockPaths : public FakeHost {};

TEST_F(BlockPaths, APartitionSharesItsDisksQueue) {
    put_disk("vda", "254:0");
    put_partition("vda", "vda2", "254:2");
    HostReader host = reader();
    const BlockPath path = follow_path(host, "/dev/vda2");
    EXPECT_THAT(path.steps, ElementsAre("partition vda2", "vda"));
    EXPECT_THAT(path.queues, ElementsAre("vda"));
    EXPECT_THAT(path.disks, ElementsAre("vda"));
    EXPECT_THAT(path.unfollowed, IsEmpty());
}

TEST_F(BlockPaths, AnEncryptedVolumeOverTwoDisks) {
    put_disk("sda", "8:0");
    put_disk("sdb", "8:16");
    put_partition("sda", "sda3", "8:3");
    put_disk("md0", "9:0");
    put("sys/block/md0/md/level", "raid1\n");
    put_slave("md0", "sda3");
    put_slave("md0", "sdb");
    put_disk("dm-0", "253:0");
    put("sys/block/dm-0/dm/name", "vg-swap\n");
    put("sys/block/dm-0/dm/uuid", "LVM-abc\n");
    put_slave("dm-0", "md0");
    put_disk("dm-1", "253:1");
    put("sys/block/dm-1/dm/name", "secret\n");
    put("sys/block/dm-1/dm/uuid", "CRYPT-LUKS2-abc\n");
    put_slave("dm-1", "dm-0");
    put("dev/dm-1", "");
    link("dev/mapper/secret", "../dm-1");
    HostReader host = reader();
    const BlockPath path = follow_path(host, "/dev/mapper/secret");
    EXPECT_THAT(path.steps, ElementsAre("dm-crypt secret (dm-1)", "LV vg-swap (dm-0)", "md raid1 md0", "partition sda3",
                                        "sda", "sdb"));
    EXPECT_THAT(path.queues, ElementsAre("dm-1", "dm-0", "md0", "sda", "sdb"));
    EXPECT_THAT(path.disks, ElementsAre("sda", "sdb"));
}

TEST_F(BlockPaths, AFileLiesOnTheDeviceOfItsFilesystem) {
    put_disk("vda", "254:0");
    put_disk("vdb", "254:16");
    put_partition("vdb", "vdb1", "254:17");
    put("proc/self/mountinfo",
        "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "30 27 254:17 / /var/swap\\040files rw shared:1 - xfs /dev/vdb1 rw\n");
    HostReader host = reader();
    EXPECT_THAT(follow_path(host, "/var/swap files/one").steps,
                ElementsAre("file on xfs at /var/swap files", "partition vdb1", "vdb"));
    EXPECT_THAT(follow_path(host, "/var/swap filesystem").disks, ElementsAre("vda"));
}

TEST_F(BlockPaths, BtrfsIsFoundByTheSourceOfItsMount) {
    put_disk("vda", "254:0");
    put("dev/vda", "");
    put("proc/self/mountinfo", "27 1 0:33 / / rw - btrfs /dev/vda rw\n");
    HostReader host = reader();
    EXPECT_THAT(follow_path(host, "/swapfile").disks, ElementsAre("vda"));
    EXPECT_THAT(follow_path(host, "/swapfile").unfollowed, ElementsAre("/swapfile")) << "it may have further disks";
}

TEST_F(BlockPaths, ALoopDeviceGoesOnToItsFilesDisk) {
    put_disk("vda", "254:0");
    put_disk("loop3", "7:3");
    put("sys/block/loop3/loop/backing_file", "/var/images/swap\n");
    put("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    HostReader host = reader();
    const BlockPath path = follow_device(host, "loop3");
    EXPECT_THAT(path.queues, ElementsAre("loop3", "vda"));
    EXPECT_THAT(path.disks, ElementsAre("vda"));
    EXPECT_THAT(path.unfollowed, ElementsAre("/var/images/swap")) << "that has gone";
    put("var/images/swap", "");
    EXPECT_THAT(follow_device(host, "loop3").unfollowed, IsEmpty());
}

TEST_F(BlockPaths, ACircleEnds) {
    put_disk("loop0", "7:0");
    put("sys/block/loop0/loop/backing_file", "/var/file\n");
    put("var/file", "");
    put("proc/self/mountinfo", "27 1 7:0 / / rw - ext4 /dev/loop0 rw\n");
    HostReader host = reader();
    EXPECT_THAT(follow_device(host, "loop0").disks, IsEmpty());
    EXPECT_THAT(follow_device(host, "loop0").unfollowed, ElementsAre("loop0"));
}

TEST_F(BlockPaths, WhatIsNotThereIsOnlyNamed) {
    HostReader host = reader();
    EXPECT_THAT(follow_path(host, "/dev/gone").steps, ElementsAre("gone"));
    EXPECT_THAT(follow_path(host, "/dev/gone").queues, IsEmpty());
    EXPECT_THAT(follow_path(host, "/dev/gone").unfollowed, ElementsAre("gone"));
}

}  // namespace
}  // namespace blkhang
