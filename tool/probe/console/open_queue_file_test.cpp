// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/open_queue_file.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

TEST(QueueFile, NamesItsDisk) {
    EXPECT_EQ(disk_of_queue_file("/sys/devices/pci0000:00/virtio1/block/vdb/queue/scheduler"), "vdb");
    EXPECT_EQ(disk_of_queue_file("/sys/devices/virtual/block/dm-0/queue/iosched/x"), "dm-0");
    EXPECT_FALSE(disk_of_queue_file("/sys/devices/pci0000:00/virtio1/block/vdb/vdb1/size"));
    EXPECT_FALSE(disk_of_queue_file("/sys/devices/pci0000:00/virtio1/block/vdb/size"));
    EXPECT_FALSE(disk_of_queue_file("/home/sys/block/vdb/queue/scheduler"));
    EXPECT_FALSE(disk_of_queue_file("pipe:[4711]"));
}

TEST(QueueFile, MoreThanOneDiskIsNone) {
    auto dir = TempDir::make("blkhang-fd").value();
    const auto fd = dir.path() / "7" / "fd";
    fs::create_directories(fd);
    fs::create_symlink("/dev/null", fd / "0");
    EXPECT_EQ(disk_of_open_queue_file(dir.path(), 7), "");
    fs::create_symlink("/sys/devices/virtio1/block/vdb/queue/scheduler", fd / "3");
    fs::create_symlink("/sys/devices/virtio1/block/vdb/queue/nr_requests", fd / "4");
    EXPECT_EQ(disk_of_open_queue_file(dir.path(), 7), "vdb");
    fs::create_symlink("/sys/devices/virtio2/block/vdc/queue/scheduler", fd / "5");
    EXPECT_EQ(disk_of_open_queue_file(dir.path(), 7), "");
    EXPECT_EQ(disk_of_open_queue_file(dir.path(), 8), "");
}

}  // namespace
}  // namespace blkhang
