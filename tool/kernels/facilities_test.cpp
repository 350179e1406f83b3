// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/facilities.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Facilities, OnlyWhatAKernelMayBeBuiltWithoutIsPartOfOne) {
    ASSERT_NE(facility_of(functions::kMemcgReclaim), nullptr);
    EXPECT_EQ(facility_of(functions::kMemcgReclaim)->option, "CONFIG_MEMCG");
    EXPECT_EQ(facility_of(functions::kDirectReclaim), nullptr);
}

/// A renamed function would otherwise go with what tells that its facility is there.
TEST(Facilities, TheFunctionThatIsWatchedIsNotWhatTellsOfIt) {
    for (const auto& facility : kFacilities) {
        bool tells = false;
        for (const auto beginning : facility.beginnings) {
            tells = tells || (!beginning.empty() && !facility.function.front().starts_with(beginning));
        }
        EXPECT_TRUE(tells) << facility.option;
    }
}

}  // namespace
}  // namespace blkhang
