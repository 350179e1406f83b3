// SPDX-License-Identifier: GPL-2.0-only
#include "base/names.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

enum class Colour { red, green, blue };
constexpr std::array<std::string_view, 3> kColours{"red", "green", "blue"};

TEST(Named, IsTheValueThatStandsInTheSamePlace) {
    EXPECT_EQ(named<Colour>(kColours, "red"), Colour::red);
    EXPECT_EQ(named<Colour>(kColours, "blue"), Colour::blue);
}

TEST(Named, IsNothingForWhatIsNoName) {
    EXPECT_EQ(named<Colour>(kColours, "Red"), std::nullopt);
    EXPECT_EQ(named<Colour>(kColours, "re"), std::nullopt);
    EXPECT_EQ(named<Colour>(kColours, ""), std::nullopt);
}

}  // namespace
}  // namespace blkhang
