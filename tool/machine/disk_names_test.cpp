// SPDX-License-Identifier: GPL-2.0-only
#include "machine/disk_names.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

constexpr std::uint32_t device(std::uint32_t major, std::uint32_t minor) { return major << 20 | minor; }

TEST(DiskNames, NamesWhatTheLinksNameAndNumbersTheRest) {
    const auto root = TempDir::make("blkhang-disks");
    ASSERT_TRUE(root);
    std::filesystem::create_symlink("../../devices/pci0000:00/0000:00:04.0/virtio1/block/vdb", root->path() / "254:16");
    const auto disks = DiskNames::load(root->path());
    EXPECT_EQ(disks.name(device(254, 16)), "vdb");
    EXPECT_EQ(disks.name(device(254, 0)), "254:0");
}

TEST(DiskNames, LearnsOfDisksThatComeLaterAndHaveTheNumberOfAnother) {
    auto disks = DiskNames::load("/does/not/exist");
    disks.learn(device(259, 0), "nvme0n1");
    EXPECT_EQ(disks.name(device(259, 0)), "nvme0n1");
    disks.learn(device(259, 0), "nvme1n1");
    EXPECT_EQ(disks.name(device(259, 0)), "nvme1n1");
}

TEST(DiskNames, WithoutTheDirectoryThereAreNumbers) {
    EXPECT_EQ(DiskNames::load("/does/not/exist").name(device(8, 1)), "8:1");
}

}  // namespace
}  // namespace blkhang
