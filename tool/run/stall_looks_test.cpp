// SPDX-License-Identifier: GPL-2.0-only
#include "run/stall_looks.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace blkhang {
namespace {

seen::Counters counters(std::uint64_t at_s, std::map<std::string, std::uint64_t> load) {
    return {at_s * kNsPerS, {}, {}, std::move(load), 0};
}

TEST(StallLooks, OnlyWhenNothingMovesForSeconds) {
    StallLooks looks;
    EXPECT_FALSE(looks.due(100 * kNsPerS));  // nothing is known
    looks.observe(counters(1, {{"ios", 1}}));
    looks.observe(counters(4, {{"ios", 2}}));
    looks.observe(counters(8, {{"ios", 2}}));
    EXPECT_FALSE(looks.due(8 * kNsPerS));
    EXPECT_TRUE(looks.due(9 * kNsPerS));
    looks.observe(counters(10, {{"ios", 3}}));
    EXPECT_FALSE(looks.due(10 * kNsPerS));
}

TEST(StallLooks, AnyOfTheLoadsCountsIsMovement) {
    for (const char* field : {"maps_created", "trigger_switch_successes", "cgroups_removed", "stat_bytes"}) {
        StallLooks looks;
        looks.observe(counters(1, {{"ios", 1}, {field, 1}}));
        looks.observe(counters(6, {{"ios", 1}, {field, 2}}));
        EXPECT_FALSE(looks.due(7 * kNsPerS)) << field;
    }
}

TEST(StallLooks, SizesAreNone) {
    StallLooks looks;
    looks.observe(counters(1, {{"ios", 1}, {"free_bytes", 1}, {"writers", 1}, {"locked_bytes", 1}}));
    looks.observe(counters(6, {{"ios", 1}, {"free_bytes", 2}, {"writers", 2}, {"locked_bytes", 2}}));
    EXPECT_TRUE(looks.due(6 * kNsPerS));
}

TEST(StallLooks, NotOftenAndNotForEver) {
    StallLooks looks;
    looks.observe(counters(1, {{"ios", 1}}));
    int spent = 0;
    std::uint64_t last_s = 0;
    for (std::uint64_t s = 1; s < 600; ++s) {
        if (looks.due(s * kNsPerS)) {
            EXPECT_TRUE(last_s == 0 || s >= last_s + 10);
            looks.looked(s * kNsPerS);
            last_s = s;
            ++spent;
        }
    }
    EXPECT_EQ(spent, 6);
    EXPECT_TRUE(looks.stands(600 * kNsPerS));
}

}  // namespace
}  // namespace blkhang
