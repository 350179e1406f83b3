// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/boots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

MinimizeStep step(std::uint32_t hung, std::uint32_t stood) { return {.without = "", .hung = hung, .stood = stood}; }

constexpr MinimizeTerms kThreeOfFour{.need = 3, .boots = 4};

TEST(Decided, AsSoonAsNothingCanChangeIt) {
    EXPECT_EQ(decided(step(2, 1), kThreeOfFour), StillHangs::unknown);
    EXPECT_EQ(decided(step(3, 0), kThreeOfFour), StillHangs::yes);
    EXPECT_EQ(decided(step(3, 1), kThreeOfFour), StillHangs::yes);
    EXPECT_EQ(decided(step(0, 2), kThreeOfFour), StillHangs::no);
    EXPECT_EQ(decided(step(2, 2), kThreeOfFour), StillHangs::no);
    // One that has to hang always is done for with the first that does not.
    EXPECT_EQ(decided(step(1, 1), {.need = 2, .boots = 2}), StillHangs::no);
}

/// Whatever the boots come to, no more are started than decide it, and it is decided in the end.
TEST(BootsToStart, NoneTooMany) {
    for (std::uint32_t jobs = 1; jobs <= 4; ++jobs) {
        for (std::uint32_t boots = 1; boots <= 5; ++boots) {
            for (std::uint32_t need = 1; need <= boots; ++need) {
                const MinimizeTerms terms{.need = need, .boots = boots, .jobs = jobs};
                for (std::uint32_t outcomes = 0; outcomes < 1U << boots; ++outcomes) {
                    MinimizeStep so_far;
                    std::uint32_t started = 0;
                    while (const auto more = boots_to_start(so_far, terms)) {
                        ASSERT_LE(more, jobs);
                        for (std::uint32_t i = 0; i < more; ++i, ++started) {
                            ((outcomes >> started & 1U) != 0 ? so_far.hung : so_far.stood)++;
                        }
                        ASSERT_LE(started, boots);
                    }
                    ASSERT_NE(decided(so_far, terms), StillHangs::unknown);
                }
            }
        }
    }
}

}  // namespace
}  // namespace blkhang
