// SPDX-License-Identifier: GPL-2.0-only
#include "machine/kernel_lists.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(KernelLists, MountsWithAndWithoutTags) {
    const auto mounts = parse_mountinfo(
        "27 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw,errors=remount-ro\n"
        "30 27 0:33 /sub /var/swap\\040files rw shared:1 master:2 - btrfs /dev/disk/a\\134b rw\n"
        "31 27 nonsense / /x rw - ext4 /dev/vdb rw\n"
        "cut off\n",
        "17");
    ASSERT_EQ(mounts.size(), 2U);
    EXPECT_EQ(mounts[0].filesystem, (DeviceNumber{254, 1}));
    EXPECT_EQ(mounts[0].where, "/");
    EXPECT_EQ(mounts[0].type, "ext4");
    EXPECT_EQ(mounts[0].source, "/dev/vda1");
    EXPECT_EQ(mounts[0].options, "rw,errors=remount-ro");
    EXPECT_EQ(mounts[0].pid, "17");
    EXPECT_EQ(mounts[1].where, "/var/swap files");
    EXPECT_EQ(mounts[1].source, "/dev/disk/a\\b");
}

TEST(KernelLists, SwapsInBytesAndByTheirPlainNames) {
    const auto swaps = parse_swaps(
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/dev/vda2                               partition\t1048572\t\t2048\t\t-2\n"
        "/swap\\040file                           file\t\t1024\t\t0\t\t5\n");
    ASSERT_EQ(swaps.size(), 2U);
    EXPECT_EQ(swaps[0].name, "/dev/vda2");
    EXPECT_EQ(swaps[0].size, 1048572U * 1024);
    EXPECT_EQ(swaps[0].used, 2048U * 1024);
    EXPECT_EQ(swaps[0].priority, -2);
    EXPECT_EQ(swaps[1].name, "/swap file");
    EXPECT_EQ(swaps[1].priority, 5);
    EXPECT_TRUE(parse_swaps("Filename Type Size Used Priority\n").empty());
    EXPECT_TRUE(parse_swaps("").empty());
}

TEST(KernelLists, ASwapOfWhichOnlyTheNameIsThereIsNotOverlooked) {
    const auto swaps = parse_swaps("Filename\n/dev/vdb what\n");
    ASSERT_EQ(swaps.size(), 1U);
    EXPECT_EQ(swaps[0].name, "/dev/vdb");
    EXPECT_EQ(swaps[0].size, 0U);
}

}  // namespace
}  // namespace blkhang
