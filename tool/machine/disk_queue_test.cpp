// SPDX-License-Identifier: GPL-2.0-only
#include "machine/disk_queue.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DiskQueues : public FakeHost {};

TEST_F(DiskQueues, ADiskWithAScheduler) {
    put_disk("vda", "254:0");
    put("sys/block/vda/queue/scheduler", "none [mq-deadline] bfq\n");
    put("sys/block/vda/queue/nr_requests", "256\n");
    put("sys/block/vda/queue/wbt_lat_usec", "2000\n");
    put_directory("sys/block/vda/mq/0");
    put_directory("sys/block/vda/mq/1");
    link("sys/block/vda/device/driver", "../../../bus/virtio/drivers/virtio_blk");
    HostReader host = reader();
    const DiskQueue disk = read_disk_queue(host, "vda");
    EXPECT_EQ(disk.number, "254:0");
    EXPECT_EQ(disk.driver, "virtio_blk");
    EXPECT_EQ(disk.scheduler, "mq-deadline");
    EXPECT_THAT(disk.schedulers, ElementsAre("none", "mq-deadline", "bfq"));
    EXPECT_EQ(disk.nr_requests, 256);
    EXPECT_EQ(disk.wbt_lat_us, 2000);
    EXPECT_EQ(disk.hardware_queues, 2);
    EXPECT_EQ(disk.served_by, std::nullopt);
}

TEST_F(DiskQueues, ANetworkBlockDeviceNamesItsServer) {
    put_disk("nbd0", "43:0");
    put("sys/block/nbd0/pid", "4711\n");
    HostReader host = reader();
    const DiskQueue disk = read_disk_queue(host, "nbd0");
    EXPECT_EQ(disk.driver, "nbd");
    EXPECT_EQ(disk.served_by, 4711);
    EXPECT_THAT(disk.schedulers, IsEmpty());
}

TEST_F(DiskQueues, ANamespaceHasItsControllersDriver) {
    put_disk("nvme0n1", "259:0");
    link("sys/block/nvme0n1/device/device/driver", "../../bus/pci/drivers/nvme");
    HostReader host = reader();
    EXPECT_EQ(read_disk_queue(host, "nvme0n1").driver, "nvme");
}

}  // namespace
}  // namespace blkhang
