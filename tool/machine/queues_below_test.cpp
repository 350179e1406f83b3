// SPDX-License-Identifier: GPL-2.0-only
#include "machine/queues_below.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

/// A /sys and a /proc as a machine with stacked devices has them.
class QueuesBelow : public testing::Test {
protected:
    /// A disk, or what stands for one, under that number.
    fs::path device(const std::string& name, const std::string& number, const fs::path& below = "block") {
        const fs::path directory = roots_.sys / "devices" / below / name;
        fs::create_directories(directory);
        fs::create_directories(roots_.sys / "dev/block");
        fs::create_directory_symlink(directory, roots_.sys / "dev/block" / number);
        return directory;
    }
    void partition(const std::string& disk, const std::string& name, const std::string& number) {
        ASSERT_TRUE(write_file(device(name, number, fs::path("block") / disk) / "partition", "1\n"));
    }
    void part_of(const fs::path& whole, const fs::path& part) {
        fs::create_directories(whole / "slaves");
        fs::create_directory_symlink(part, whole / "slaves" / part.filename());
    }
    fs::path block(const std::string& name) { return roots_.sys / "devices/block" / name; }

    TempDir directory_ = *TempDir::make("queues");
    HostRoots roots_{directory_.path() / "proc", directory_.path() / "sys", directory_.path() / "dev"};
};

TEST_F(QueuesBelow, ADiskIsItsOwnAndAPartitionItsDisks) {
    device("sda", "8:0");
    partition("sda", "sda1", "8:1");
    EXPECT_THAT(*queues_below(makedev(8, 0), roots_), ElementsAre("sda"));
    EXPECT_THAT(*queues_below(makedev(8, 1), roots_), ElementsAre("sda"));
}

TEST_F(QueuesBelow, ALogicalVolumeOnARaidOfPartitionsHasTheQueuesOfTheDisks) {
    device("sda", "8:0");
    partition("sda", "sda2", "8:2");
    device("sdb", "8:16");
    partition("sdb", "sdb2", "8:18");
    const auto raid = device("md0", "9:0");
    part_of(raid, block("sda") / "sda2");
    part_of(raid, block("sdb") / "sdb2");
    const auto crypt = device("dm-0", "253:0");
    part_of(crypt, raid);
    const auto volume = device("dm-1", "253:1");
    part_of(volume, crypt);
    EXPECT_THAT(*queues_below(makedev(253, 1), roots_), ElementsAre("sda", "sdb"));
}

TEST_F(QueuesBelow, APartitionOfARaidLeadsToItsParts) {
    device("nvme0n1", "259:0");
    const auto raid = device("md127", "9:127");
    part_of(raid, block("nvme0n1"));
    partition("md127", "md127p1", "259:7");
    EXPECT_THAT(*queues_below(makedev(259, 7), roots_), ElementsAre("nvme0n1"));
}

TEST_F(QueuesBelow, ALoopDeviceIsStoppedWithTheDiskOfItsFile) {
    const auto loop = device("loop0", "7:0");
    fs::create_directories(loop / "loop");
    ASSERT_TRUE(write_file(loop / "loop/backing_file", "/nowhere/at/all\n"));
    EXPECT_FALSE(queues_below(makedev(7, 0), roots_)) << "which disk it is on cannot be told";
    const auto file = directory_.path() / "image";
    ASSERT_TRUE(write_file(file, "x"));
    ASSERT_TRUE(write_file(loop / "loop/backing_file", file.string() + "\n"));
    struct stat found {};
    ASSERT_EQ(::stat(file.c_str(), &found), 0);
    device("vda", fmt::format("{}:{}", major(found.st_dev), minor(found.st_dev)));
    EXPECT_THAT(*queues_below(makedev(7, 0), roots_), ElementsAre("loop0", "vda"));
}

TEST_F(QueuesBelow, WhatCannotBeFollowedIsAnErrorAndNotASafePlace) {
    EXPECT_FALSE(queues_below(makedev(8, 0), roots_));
    const auto one = device("dm-0", "253:0");
    const auto other = device("dm-1", "253:1");
    part_of(one, other);
    part_of(other, one);
    EXPECT_FALSE(queues_below(makedev(253, 0), roots_)) << "a circle";
}

TEST_F(QueuesBelow, AtRiskAreTheDisksOfSwapAndRoot) {
    device("vda", "254:0");
    partition("vda", "vda1", "254:1");
    fs::create_directories(roots_.proc / "self");
    ASSERT_TRUE(write_file(roots_.proc / "self/mountinfo",
                           "22 27 0:20 / /sys rw - sysfs sysfs rw\n27 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"));
    ASSERT_TRUE(write_file(roots_.proc / "swaps",
                           "Filename\tType\tSize\tUsed\tPriority\n/no/such/swap  partition\t524284\t0\t-2\n"));
    EXPECT_THAT(queues_at_risk(roots_), ElementsAre("/no/such/swap?", "vda"));
}

}  // namespace
}  // namespace blkhang
