// SPDX-License-Identifier: GPL-2.0-only
#include "base/few_of.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using Messages = std::vector<std::string>;

TEST(FewOf, LeavesWhatIsFew) {
    EXPECT_EQ(few_of({}, 3), Messages{});
    EXPECT_EQ(few_of({"a", "b", "c"}, 3), (Messages{"a", "b", "c"}));
}

TEST(FewOf, CountsTheRest) {
    EXPECT_EQ(few_of({"a", "b", "c", "d"}, 3), (Messages{"a", "b", "... and 2 more"}));
    const Messages many = few_of(Messages(20'000, "x"));
    EXPECT_EQ(many.size(), kFew);
    EXPECT_EQ(many.back(), "... and 19981 more");
}

}  // namespace
}  // namespace blkhang
