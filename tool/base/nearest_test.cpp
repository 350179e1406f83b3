// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

const std::vector<std::string> known{"churn.ring", "churn.workers", "writers.count", "kvm-2011"};

TEST(Nearest, FindsSlips) {
    EXPECT_EQ(nearest("churn.rng", known), "churn.ring");         // left out
    EXPECT_EQ(nearest("churn.rinng", known), "churn.ring");       // doubled
    EXPECT_EQ(nearest("writers.cuont", known), "writers.count");  // swapped
    EXPECT_EQ(nearest("kvm2011", known), "kvm-2011");
    EXPECT_EQ(nearest("kvm-2011", known), "kvm-2011");
}

TEST(Nearest, GivesNoWildGuesses) {
    EXPECT_EQ(nearest("temperature", known), std::nullopt);
    EXPECT_EQ(nearest("", known), std::nullopt);
    EXPECT_EQ(nearest("x", {}), std::nullopt);
    EXPECT_EQ(nearest("xy", {"ab"}), std::nullopt);
}

TEST(Nearest, SwapCountsOnceSoItBeatsTwoReplacements) { EXPECT_EQ(nearest("abdc", {"abxy", "abcd"}), "abcd"); }

TEST(DidYouMean, EndsASentence) {
    EXPECT_EQ(did_you_mean("churn.rng", known), "; did you mean 'churn.ring'?");
    EXPECT_EQ(did_you_mean("temperature", known), "");
}

}  // namespace
}  // namespace blkhang
