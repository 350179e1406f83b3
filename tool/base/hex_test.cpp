// SPDX-License-Identifier: GPL-2.0-only
#include "base/hex.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Hex, GoesThereAndBack) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    EXPECT_EQ(to_hex(std::string("\0\xffz", 3)), "00ff7a");
    EXPECT_EQ(from_hex(to_hex(all)), all);
    EXPECT_EQ(from_hex("00FF7a"), std::string("\0\xffz", 3));
    EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, WhatIsNoneIsRefused) {
    for (const auto* text : {"0", "000", "0g", "g0", "-1", "+1", " 1", "0x", "1 "}) {
        EXPECT_EQ(from_hex(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace blkhang
