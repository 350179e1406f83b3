// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/pid_offset.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(PidOffset, IsWhereANumberOfEachTaskIsItsOwnTwice) {
    const std::vector<TaskWords> tasks{{100, {0, 100, 7, 100, 100, 3}}, {101, {101, 101, 7, 101, 101, 3}}};
    EXPECT_EQ(index_of_pid(tasks), 3U);
}

TEST(PidOffset, MoreThanOneIsNone) {
    EXPECT_FALSE(index_of_pid(std::vector<TaskWords>{{100, {100, 100, 100}}}));
    EXPECT_FALSE(index_of_pid(std::vector<TaskWords>{{100, {1, 2, 100}}}));
    EXPECT_FALSE(index_of_pid({}));
}

}  // namespace
}  // namespace blkhang
