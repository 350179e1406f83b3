// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/memory_floor.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace blkhang {
namespace {

std::string meminfo(std::uint64_t total, std::uint64_t available, std::uint64_t swap) {
    return fmt::format(
        "MemTotal:       {} kB\nMemFree:        1 kB\nMemAvailable:   {} kB\nSwapTotal:      9 kB\n"
        "SwapFree:       {} kB\n",
        total, available, swap);
}

TEST(MemoryFloor, MemoryAndSwapCountTogether) {
    EXPECT_FALSE(is_below_floor(meminfo(512 << 10, 4 << 10, 400 << 10))) << "short of memory, as it should be";
    EXPECT_TRUE(is_below_floor(meminfo(512 << 10, 16 << 10, 8 << 10))) << "and of swap";
    EXPECT_TRUE(is_below_floor(meminfo(200 << 20, 1 << 20, 2 << 20))) << "2 % of a large host";
    EXPECT_FALSE(is_below_floor(meminfo(200 << 20, 2 << 20, 3 << 20)));
}

TEST(MemoryFloor, WhatCannotBeReadStopsNothing) {
    EXPECT_FALSE(is_below_floor(""));
    EXPECT_FALSE(is_below_floor("MemTotal: x kB\nMemAvailable: 1 kB\nSwapFree: 1 kB\n"));
    EXPECT_FALSE(is_below_floor("MemTotal: 1 kB"));
}

}  // namespace
}  // namespace blkhang
