// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/swap_owner.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(SwapOwner, IsWhoeverSubmitsUntil4Point19) {
    EXPECT_TRUE(swap_belongs_to_submitter("3.2.0-4-amd64"));
    EXPECT_TRUE(swap_belongs_to_submitter("4.18.20"));
    EXPECT_FALSE(swap_belongs_to_submitter("4.19.0-27-amd64"));
    EXPECT_FALSE(swap_belongs_to_submitter("6.1.192"));
    EXPECT_FALSE(swap_belongs_to_submitter("")) << "what is not known is taken for new";
}

}  // namespace
}  // namespace blkhang
