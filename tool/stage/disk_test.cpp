// SPDX-License-Identifier: GPL-2.0-only
#include "stage/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_tree.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(FindDisk, ByItsNumberAndWhereToOpenIt) {
    const FakeTree tree;
    tree.disk("vdb", "254:16");
    const auto disk = find_disk(tree.roots(), "vdb");
    ASSERT_TRUE(disk);
    EXPECT_EQ(disk->number, "254:16");
    EXPECT_EQ(disk->path, tree.at("dev/vdb"));
    const auto none = find_disk(tree.roots(), "vdc");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), HasSubstr("looking at disk vdc"));
}

TEST(FindDisks, ThoseThatAreThere) {
    const FakeTree tree;
    tree.disk("vdb", "254:16");
    tree.disk("vdd", "254:48");
    const auto disks = find_disks(tree.roots(), {"vdb", "vdc", "vdd"});
    ASSERT_TRUE(disks);
    ASSERT_EQ(disks->size(), 2U);
    EXPECT_EQ(disks->at(1).number, "254:48");
    tree.put("dev/no-disk", "");
    EXPECT_FALSE(find_disks(tree.roots(), {"no-disk"})) << "what is not a disk is an error";
}

}  // namespace
}  // namespace blkhang
