// SPDX-License-Identifier: GPL-2.0-only
#include "lab/guest.h"

#include <gmock/gmock.h>

namespace blkhang {
namespace {

// Guests that really boot are tested from ci/. What is tested here needs none.

TEST(Guest, DynamicProgramIsToldThatItCannotBeInit) {
    const GuestPlan plan;
    const auto outcome = run_guest(plan, {[](std::string_view) {}, [](std::uint64_t) {}, [](std::string_view) {}});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault(), Fault::unsupported);
    EXPECT_THAT(outcome.error().message(), testing::HasSubstr("BLKHANG_STATIC"));
}

}  // namespace
}  // namespace blkhang
