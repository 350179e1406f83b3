// SPDX-License-Identifier: GPL-2.0-only
#include "load/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_tree.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::size_t kPage = 4096;

TEST(DiskWriterTest, WritesWholeBlocksAndStaysOnTheDisk) {
    const FakeTree tree;
    tree.disk("vda", "254:0", 3);
    auto disk = DiskWriter::open({"vda", "254:0", tree.at("dev/vda")}, WriteMode::buffered, kPage);
    ASSERT_TRUE(disk);
    EXPECT_TRUE(disk->write_at(4 * kPage + 7)) << "page 1 of 3, once around";
    EXPECT_EQ(tree.get("dev/vda"), std::string(kPage, 'x') + std::string(kPage, 'Z') + std::string(kPage, 'x'));
}

TEST(DiskWriterTest, LeavesTheDisksMarginsAlone) {
    const FakeTree tree;
    tree.disk("vda", "254:0", 4);
    auto disk = DiskWriter::open({"vda", "254:0", tree.at("dev/vda"), kPage}, WriteMode::buffered, kPage);
    ASSERT_TRUE(disk);
    for (std::uint64_t page = 0; page < 5; ++page) {
        EXPECT_TRUE(disk->write_at(page * kPage));
    }
    EXPECT_EQ(tree.get("dev/vda"), std::string(kPage, 'x') + std::string(2 * kPage, 'Z') + std::string(kPage, 'x'));
}

TEST(DiskWriterTest, OneThatIsTooSmallOrNotThereIsRefused) {
    const FakeTree tree;
    tree.disk("vda", "254:0", 1);
    const auto small = DiskWriter::open({"vda", "254:0", tree.at("dev/vda")}, WriteMode::buffered, 2 * kPage);
    ASSERT_FALSE(small);
    EXPECT_EQ(small.error().fault(), Fault::unsupported);
    const auto none = DiskWriter::open({"none", "", tree.at("dev/none")}, WriteMode::buffered, kPage);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), HasSubstr("opening the writers' disk"));
}

}  // namespace
}  // namespace blkhang
