// SPDX-License-Identifier: GPL-2.0-only
#include "base/number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace blkhang {
namespace {

TEST(NumberIn, IsAllOfTheTextOrNothing) {
    EXPECT_EQ(number_in<std::uint32_t>("66"), 66U);
    EXPECT_EQ(number_in<int>("-1"), -1);
    for (const char* const text : {"", " 1", "1 ", "1x", "+1", "-1", "0x1", "4294967296"}) {
        EXPECT_EQ(number_in<std::uint32_t>(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace blkhang
