// SPDX-License-Identifier: GPL-2.0-only
#include "watch/task_count.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(TaskCount, IsWhatLoadavgSays) {
    const auto proc = TempDir::make("tasks").value();
    ASSERT_TRUE(write_file(proc.path() / "loadavg", "0.10 0.20 0.30 3/12345 999\n"));
    EXPECT_EQ(count_tasks(proc.path()), 12345U);
    EXPECT_EQ(count_tasks("/nonexistent"), 0U);
}

}  // namespace
}  // namespace blkhang
