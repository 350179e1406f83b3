// SPDX-License-Identifier: GPL-2.0-only
#include "machine/swap_queues.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SwapQueues : public FakeHost {};

TEST_F(SwapQueues, OfAPartitionAFileAndCompressedMemory) {
    put_disk("vda", "254:0");
    put_partition("vda", "vda2", "254:2");
    put_disk("zram0", "251:0");
    put("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    put("proc/swaps",
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/dev/vda2                               partition\t1048572\t\t2048\t\t-2\n"
        "/swap\\040file                           file\t\t1024\t\t0\t\t-3\n"
        "/dev/zram0                              partition\t512\t\t0\t\t100\n");
    HostReader host = reader();
    const auto swaps = read_swap_queues(host);
    ASSERT_EQ(swaps.size(), 3U);
    EXPECT_EQ(swaps[0].name, "/dev/vda2");
    EXPECT_EQ(swaps[0].size, 1048572U * 1024);
    EXPECT_EQ(swaps[0].used, 2048U * 1024);
    EXPECT_EQ(swaps[0].priority, -2);
    EXPECT_THAT(swaps[0].path.disks, ElementsAre("vda"));
    EXPECT_FALSE(swaps[0].in_memory());
    EXPECT_EQ(swaps[1].name, "/swap file");
    EXPECT_THAT(swaps[1].path.steps, ElementsAre("file on ext4 at /", "vda"));
    EXPECT_TRUE(swaps[2].in_memory());
}

TEST_F(SwapQueues, CompressedMemoryWithADiskBehindIt) {
    put_disk("sdb", "8:16");
    put("dev/sdb", "");
    put_disk("zram0", "251:0");
    put("sys/block/zram0/backing_dev", "/dev/sdb\n");
    put("proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 512 0 100\n");
    HostReader host = reader();
    const auto swaps = read_swap_queues(host);
    ASSERT_EQ(swaps.size(), 1U);
    EXPECT_FALSE(swaps[0].in_memory());
    EXPECT_THAT(swaps[0].path.disks, ElementsAre("sdb"));
}

TEST_F(SwapQueues, NoneAtAll) {
    put("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    HostReader host = reader();
    EXPECT_THAT(read_swap_queues(host), IsEmpty());
    EXPECT_FALSE(zswap_is_on(host));
    put("sys/module/zswap/parameters/enabled", "Y\n");
    EXPECT_TRUE(zswap_is_on(host));
}

}  // namespace
}  // namespace blkhang
