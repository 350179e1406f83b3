// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/swap_owner.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(SwapOwner, IsWhoeverSubmitsUntil4Point19) {
    EXPECT_TRUE(swap_belongs_to_submitter("3.2.0-4-amd64", true));
    EXPECT_TRUE(swap_belongs_to_submitter("4.18.20", true));
    EXPECT_FALSE(swap_belongs_to_submitter("4.19.0-27-amd64", true));
    EXPECT_FALSE(swap_belongs_to_submitter("6.1.192", true));
    EXPECT_FALSE(swap_belongs_to_submitter("", true)) << "what is not known is taken for new";
}

TEST(SwapOwner, IsWhoeverSubmitsWhereNoMemoryGroupTellsOfThePage) {
    EXPECT_TRUE(swap_belongs_to_submitter("6.1.192", false));
    EXPECT_TRUE(swap_belongs_to_submitter("", false));
}

TEST(SwapOwner, ControllersAreAllListedUntilSomeAreLeftOut) {
    EXPECT_TRUE(lists_each_controller("3.2.0-4-amd64"));
    EXPECT_TRUE(lists_each_controller("6.1.192"));
    EXPECT_FALSE(lists_each_controller("6.12.117+deb12-cloud-amd64"));
    EXPECT_FALSE(lists_each_controller("7.3.4+deb13-cloud-amd64"));
    EXPECT_FALSE(lists_each_controller(""));
}

}  // namespace
}  // namespace blkhang
