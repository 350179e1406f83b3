// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/layout.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Layout, OldMutexesKeepTheirOwnerBehindTheList) {
    const auto old = layout_of_release("3.2.0-4-amd64");
    EXPECT_EQ(old.mutex_owner, 24U);
    EXPECT_FALSE(old.owner_has_flags);
    EXPECT_FALSE(old.task_pid);
    const auto newer = layout_of_release("4.14.336");
    EXPECT_EQ(newer.mutex_owner, 0U);
    EXPECT_TRUE(newer.owner_has_flags);
}

}  // namespace
}  // namespace blkhang
