// SPDX-License-Identifier: GPL-2.0-only
#include "judge/observation.h"

#include <gtest/gtest.h>

#include <set>

namespace blkhang {
namespace {

TEST(Observation, EveryScopeHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int i = 0; i < kScopeCount; ++i) {
        const auto scope = static_cast<Scope>(i);
        EXPECT_EQ(scope_from(to_string(scope)), scope);
        names.insert(to_string(scope));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(kScopeCount));
    EXPECT_EQ(to_string(Scope::swap_out), "swap_out");
}

TEST(Observation, UnknownNamesAreNotGuessed) {
    EXPECT_EQ(scope_from("percpu"), std::nullopt);
    EXPECT_EQ(scope_from(""), std::nullopt);
}

}  // namespace
}  // namespace blkhang
