// SPDX-License-Identifier: GPL-2.0-only
#include "run/lasting_count.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

/// The result of the last of so many equal looks.
std::uint64_t after(LastingCount& count, std::size_t looks, std::uint64_t each) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < looks; ++i) {
        last = count.look(each);
    }
    return last;
}

TEST(LastingCount, WhatPassesIsNotCounted) {
    LastingCount count;
    EXPECT_EQ(after(count, LastingCount::kLooks - 1, 3), 0U);
    EXPECT_EQ(count.look(0), 0U);
    EXPECT_EQ(after(count, LastingCount::kLooks - 1, 3), 0U) << "it was gone in between";
}

TEST(LastingCount, WhatLastsIs) {
    LastingCount count;
    EXPECT_EQ(after(count, LastingCount::kLooks, 2), 2U);
    EXPECT_EQ(count.look(5), 2U) << "some may be under way";
    EXPECT_EQ(after(count, LastingCount::kLooks, 5), 5U);
}

TEST(LastingCount, NeverFalls) {
    LastingCount count;
    after(count, LastingCount::kLooks, 2);
    EXPECT_EQ(after(count, LastingCount::kLooks, 0), 2U);
}

}  // namespace
}  // namespace blkhang
