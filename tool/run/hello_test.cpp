// SPDX-License-Identifier: GPL-2.0-only
#include "run/hello.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(Hello, IsOfTheKernelThatRunsHere) {
    const auto hello = hello_of_this_kernel();
    EXPECT_EQ(hello.release + "\n", read_file("/proc/sys/kernel/osrelease").value());
    EXPECT_EQ(hello.machine, "x86_64");
    EXPECT_GT(hello.at_ns, 0U);
    EXPECT_FALSE(hello.tool_version.empty());
}

}  // namespace
}  // namespace blkhang
