// SPDX-License-Identifier: GPL-2.0-only
#include "record/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace blkhang {
namespace {

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

TEST(Json, WhatIsOrdinaryIsParsed) {
    EXPECT_EQ(parse_json(R"({"a":[1,"]]]]\"[[",{}]})").dump(), R"({"a":[1,"]]]]\"[[",{}]})");
    EXPECT_TRUE(parse_json("{").is_discarded());
    EXPECT_FALSE(parse_json(repeated("[", 32) + repeated("]", 32)).is_discarded());
}

TEST(Json, BracketsInStringsAreNoLevels) {
    EXPECT_EQ(weight_of(R"(["[[[{{{","\\"])").depth, 1);
    EXPECT_FALSE(parse_json("\"" + repeated("[", 100'000) + "\"").is_discarded());
}

TEST(Json, DepthIsRefusedWithoutParsing) {
    EXPECT_TRUE(parse_json(repeated("[", 33) + repeated("]", 33)).is_discarded());
    EXPECT_TRUE(parse_json(repeated(R"({"a":)", 5'000'000)).is_discarded());
}

TEST(Json, SoIsWhatGrowsTooMuchWhenItIsParsed) {
    EXPECT_TRUE(parse_json("[" + repeated("[],", 1'000'000) + "0]").is_discarded());
    EXPECT_FALSE(parse_json("[" + repeated("0,", 900'000) + "0]").is_discarded());
}

}  // namespace
}  // namespace blkhang
