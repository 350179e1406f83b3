// SPDX-License-Identifier: GPL-2.0-only
#include "record/measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Measurements, AreReadInTheirOrder) {
    const auto read = decode_measurements(R"({"measurements": [
        {"version": "6.1.192-2", "profile": "elv-switch", "verdicts": {"hazard": 1, "hang": 19}},
        {"version": "7.3.4-1", "profile": "elv-switch", "verdicts": {"clean": 20}}]})");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ(read->at(0).version, "6.1.192-2");
    EXPECT_EQ(read->at(0).profile, "elv-switch");
    EXPECT_THAT(read->at(0).verdicts, ElementsAre(Pair(Verdict::hang, 19), Pair(Verdict::hazard, 1)));
    EXPECT_THAT(read->at(1).verdicts, ElementsAre(Pair(Verdict::clean, 20)));
}

TEST(Measurements, WhatIsWrongIsNamed) {
    const auto error = [](const char* json) { return decode_measurements(json).error().message(); };
    EXPECT_THAT(error("nothing"), HasSubstr("no JSON object"));
    EXPECT_THAT(error("{}"), HasSubstr("measurements: missing"));
    EXPECT_THAT(error(R"({"measurements": [{"version": "6.1", "profile": "p", "verdicts": {"fine": 1}}]})"),
                HasSubstr("'fine'"));
    EXPECT_THAT(error(R"({"measurements": [{"version": 6, "profile": "p", "verdicts": {}}]})"), HasSubstr("version"));
}

}  // namespace
}  // namespace blkhang
