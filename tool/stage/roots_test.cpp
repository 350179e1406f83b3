// SPDX-License-Identifier: GPL-2.0-only
#include "stage/roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(Roots, AreThoseOfTheMachineUnlessToldOtherwise) {
    const auto roots = Roots::make({});
    ASSERT_TRUE(roots);
    EXPECT_EQ(roots->sys(), "/sys");
    EXPECT_EQ(roots->cgroup(), "/sys/fs/cgroup");
    EXPECT_EQ(roots->locate("/sys/block/vdb/queue/scheduler"), "/sys/block/vdb/queue/scheduler");
    EXPECT_EQ(roots->locate("/sys/fs/cgroup/io.cost.qos"), "/sys/fs/cgroup/io.cost.qos");
}

TEST(Roots, NoneIsEmptyOrTheRootItself) {
    for (const char* path : {"", "/", "//", "/.", "/tmp/..", "sys", "./sys", "."}) {
        for (auto root : {&RootPaths::proc, &RootPaths::sys, &RootPaths::dev, &RootPaths::cgroup, &RootPaths::tmp}) {
            RootPaths paths;
            paths.*root = path;
            const auto made = Roots::make(paths);
            ASSERT_FALSE(made) << path;
            EXPECT_EQ(made.error().fault(), Fault::usage);
        }
    }
    EXPECT_THAT(Roots::make({.sys = ""}).error().message(), HasSubstr("'' cannot stand for /sys"));
}

TEST(Roots, FilesAreLocatedBelowTheirOwn) {
    const auto roots = Roots::make({.proc = "/f/p", .sys = "/f/s", .dev = "/f/d", .cgroup = "/f/c", .tmp = "/f/t"});
    ASSERT_TRUE(roots);
    EXPECT_EQ(roots->locate("/sys/block/vdb"), "/f/s/block/vdb");
    EXPECT_EQ(roots->locate("/sys/fs/cgroup/io.max"), "/f/c/io.max") << "the deepest root is the file's own";
    EXPECT_EQ(roots->locate("/proc/sys/vm/swappiness"), "/f/p/sys/vm/swappiness");
    EXPECT_EQ(roots->locate("/system/x"), "/system/x");
    EXPECT_EQ(roots->locate("/tmp/x"), "/tmp/x");
    EXPECT_EQ(roots->locate("{cgroup}/io.max"), "{cgroup}/io.max");
    EXPECT_EQ(roots->locate("/f/c/blkhang/io.max"), "/f/c/blkhang/io.max");
}

}  // namespace
}  // namespace blkhang
