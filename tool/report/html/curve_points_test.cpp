// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/curve_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

std::vector<CurvePoint> points(std::size_t count) {
    std::vector<CurvePoint> result;
    for (std::size_t i = 0; i < count; ++i) {
        result.push_back({static_cast<double>(i), static_cast<double>(i * 7919 % 101)});
    }
    return result;
}

TEST(Thinned, FewPointsStayAsTheyAre) {
    EXPECT_EQ(thinned(points(42), 20).size(), 42U);
    EXPECT_TRUE(thinned({}, 20).empty());
}

TEST(Thinned, ManyBecomeTwoForEachStretchInOrder) {
    const auto kept = thinned(points(100'000), 50);
    EXPECT_LE(kept.size(), 102U);
    EXPECT_GT(kept.size(), 90U);
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
    EXPECT_EQ(kept.front().at, 0);
    EXPECT_EQ(kept.back().at, 99'999);
}

TEST(Thinned, NoPeakIsLost) {
    auto many = points(100'000);
    many[70'001].value = 5000;
    many[30'001].value = -5000;
    const auto kept = thinned(many, 50);
    const auto [lowest, highest] =
        std::minmax_element(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
    EXPECT_EQ(lowest->value, -5000);
    EXPECT_EQ(lowest->at, 30'001);
    EXPECT_EQ(highest->value, 5000);
    EXPECT_EQ(highest->at, 70'001);
}

TEST(Thinned, PointsOfOneInstantAreNoDivisionByZero) {
    const std::vector<CurvePoint> same(1000, {5, 1});
    EXPECT_LE(thinned(same, 10).size(), 4U);
}

}  // namespace
}  // namespace blkhang
