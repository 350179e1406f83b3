// SPDX-License-Identifier: GPL-2.0-only
#include "machine/boot_time.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(BootTime, IsThatOfProcStatOrUnknown) {
    const auto directory = *TempDir::make("boot-time");
    EXPECT_FALSE(boot_time_ns(directory.path()));
    ASSERT_TRUE(write_file(directory.path() / "stat", "cpu  1 2 3\nctxt 5\nbtime 1764400000\nprocesses 7\n"));
    EXPECT_EQ(boot_time_ns(directory.path()), 1764400000'000'000'000U);
    ASSERT_TRUE(write_file(directory.path() / "stat", "cpu  1 2 3\nbtime soon\n"));
    EXPECT_FALSE(boot_time_ns(directory.path()));
}

}  // namespace
}  // namespace blkhang
