// SPDX-License-Identifier: GPL-2.0-only
#include "stage/delegated_scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_tree.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(DelegatedScopeTest, TheGroupOfAProcessIsThatOfTheControllersHierarchy) {
    const std::string hybrid = "5:memory:/user.slice\n3:blkio,cpu:/system.slice/a.scope\n1:name=systemd:/x\n0::/y:z\n";
    EXPECT_EQ(group_of(hybrid, "blkio"), "/system.slice/a.scope");
    EXPECT_EQ(group_of(hybrid, "memory"), "/user.slice");
    EXPECT_EQ(group_of(hybrid, ""), "/y:z") << "of cgroup v2";
    EXPECT_EQ(group_of(hybrid, "io"), std::nullopt);
    EXPECT_EQ(group_of("0:", ""), std::nullopt);
    EXPECT_EQ(group_of("", ""), std::nullopt);
}

TEST(DelegatedScopeTest, TheBlockControllerIsThatOfV2WhereThatHasIt) {
    const FakeTree tree;
    EXPECT_THAT(block_controller(tree.roots()).error().message(), HasSubstr("no cgroup hierarchy"));
    tree.put("sys/fs/cgroup/blkio/tasks", "");
    EXPECT_EQ(block_controller(tree.roots()).value(), CgroupVersion::v1);
    tree.put("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
    EXPECT_EQ(block_controller(tree.roots()).value(), CgroupVersion::v1) << "hybrid: io is with v1";
    tree.put("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
    EXPECT_EQ(block_controller(tree.roots()).value(), CgroupVersion::v2);
}

}  // namespace
}  // namespace blkhang
