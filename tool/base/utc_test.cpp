// SPDX-License-Identifier: GPL-2.0-only
#include "base/utc.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(SecondsOfUtc, OfWhatIsWrittenSoAndOfNothingElse) {
    EXPECT_EQ(seconds_of_utc("2026-11-22T20:00:00Z"), 1795377600);
    EXPECT_EQ(seconds_of_utc("1970-01-01T00:00:00Z"), 0);
    for (const char* const other :
         {"", "2026-11-22", "2026-11-22T20:00:00", "2026-11-22T20:00:00Z ", "2026-13-22T20:00:00Z", "now"}) {
        EXPECT_EQ(seconds_of_utc(other), std::nullopt) << other;
    }
}

}  // namespace
}  // namespace blkhang
