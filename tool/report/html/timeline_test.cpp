// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = 1 << 20;

Record ten_seconds() {
    Record record;
    record.phases = {{"boot", -10'000, 0}, {"load", 0, 10'000}};
    return record;
}

RunSeries series(std::vector<RunSeries::Sample> samples) { return {std::move(samples), {}, 0}; }

std::vector<std::string> names(const Timeline& timeline) {
    std::vector<std::string> result;
    for (const auto& curve : timeline.curves) {
        result.push_back(curve.name);
    }
    return result;
}

TEST(Timeline, CurvesShowRatesAndLevels) {
    const auto result = timeline(
        ten_seconds(),
        series({{0, 0, 0, 0, 100 * kMiB}, {5000, 500, 0, 10, 50 * kMiB}, {10'000, 1500, 40 * kMiB, 30, 75 * kMiB}}));
    ASSERT_THAT(names(result), ElementsAre("IO of the writers", "Swapped out", "Free memory", "Trials so far"));
    EXPECT_EQ(result.curves[0].summary, "at most 200 per second, 10.0 s into the load");
    EXPECT_EQ(result.curves[1].summary, "at most 8.0 MiB per second, 10.0 s into the load");
    EXPECT_EQ(result.curves[2].summary, "at least 50 MiB, 5.0 s into the load; at most 100 MiB");
    EXPECT_EQ(result.curves[3].summary, "30 in the end");
    EXPECT_EQ(result.curves[0].line, "M250.0 100.0L625.0 52.8L1000.0 5.7");
}

TEST(Timeline, NumbersTooLargeToCountOnEndAllTheSame) {
    Record record;
    record.phases = {{"load", 1e18, 1e18 + 1024}};
    EXPECT_LE(timeline(record, {}).ticks.size(), 10U);
    record.phases = {{"load", -1e300, 1e300}};
    EXPECT_LE(timeline(record, series({{0, 1, 0, 0, {}}, {-5, 2, 0, 0, {}}, {1e300, 3, 0, 0, {}}})).ticks.size(), 10U);
}

TEST(Timeline, TheLoadHasMostOfTheAxis) {
    const auto result = timeline(ten_seconds(), {});
    ASSERT_EQ(result.phases.size(), 2U);
    EXPECT_DOUBLE_EQ(result.phases[0].from, 0);
    EXPECT_DOUBLE_EQ(result.phases[1].from, 25) << "half of the time";
    EXPECT_DOUBLE_EQ(result.phases[1].width, 75);
    EXPECT_TRUE(result.is_bent);
    EXPECT_EQ(result.phases[1].length, "10.0 s");
    std::vector<std::string> labels;
    for (const auto& tick : result.ticks) {
        labels.push_back(tick.label);
    }
    EXPECT_THAT(labels, ElementsAre("0 s", "2 s", "4 s", "6 s", "8 s")) << "of the load alone";
}

TEST(Timeline, ALoadThatTookMostOfTheTimeIsDrawnAsItIs) {
    Record record;
    record.phases = {{"stage", -1000, 0}, {"load", 0, 9000}};
    const auto result = timeline(record, {});
    EXPECT_FALSE(result.is_bent);
    EXPECT_DOUBLE_EQ(result.phases[1].from, 10);
    EXPECT_DOUBLE_EQ(result.phases[1].width, 90);
}

TEST(Timeline, WhatFollowsTheLoadKeepsItsOrder) {
    Record record;
    record.phases = {{"probe", -30'000, 0}, {"load", 0, 6000}, {"evidence", 6000, 7000}, {"load", 9, 3}};
    const auto result = timeline(record, {});
    EXPECT_DOUBLE_EQ(result.phases[1].width, 75);
    EXPECT_DOUBLE_EQ(result.phases[2].from, result.phases[1].from + 75);
    EXPECT_DOUBLE_EQ(result.phases[2].from + result.phases[2].width, 100);
    EXPECT_NEAR(result.phases[0].width / result.phases[2].width, 30, 1e-9);
}

TEST(Timeline, TheInstantOfTheDeadlockIsMarked) {
    const auto record = replay::record("self-deadlock");
    const auto result = timeline(record, {});
    ASSERT_TRUE(result.instant);
    EXPECT_EQ(result.instant->label, "deadlock at 3.2 s");
    const auto load = std::ranges::find(result.phases, true, &Timeline::Phase::is_load);
    ASSERT_NE(load, result.phases.end());
    EXPECT_GT(result.instant->at, load->from);
    EXPECT_LE(result.instant->at, load->from + load->width);
    EXPECT_FALSE(timeline(replay::record("thrash"), {}).instant);
}

TEST(Timeline, ALivelockIsAStretch) {
    auto record = ten_seconds();
    record.deadlock.emplace();
    record.deadlock->kind = "livelock";
    record.deadlock->closed_ms = 2000;
    record.deadlock->lasted_ms = 6000;
    const auto result = timeline(record, {});
    ASSERT_TRUE(result.instant);
    EXPECT_EQ(result.instant->label, "livelock from 2.0 s to 8.0 s");
    EXPECT_DOUBLE_EQ(result.instant->at, 40);
    EXPECT_DOUBLE_EQ(result.instant->stood.value(), 45);
}

TEST(Timeline, WhatIsDemandedIsALine) {
    auto record = ten_seconds();
    record.coverage = {{"trials", 5, 20, false}};
    const auto result = timeline(record, series({{0, 0, 0, 0, {}}, {10'000, 0, 0, 5, {}}}));
    EXPECT_EQ(result.curves.back().summary, "5 in the end; 20 are demanded (dashed)");
    EXPECT_NEAR(result.curves.back().required_y.value(), 5.66, 0.01);
}

TEST(Timeline, WhatWasNotMeasuredIsSaid) {
    EXPECT_THAT(timeline(ten_seconds(), {}).notes, ElementsAre(HasSubstr("There are no curves")));
    auto old = series({{0, 0, 0, {}, {}}, {500, 1, 1, {}, {}}});
    old.damaged_lines = 3;
    const auto result = timeline(ten_seconds(), old);
    EXPECT_THAT(names(result), ElementsAre("IO of the writers", "Swapped out"));
    EXPECT_THAT(result.notes, ElementsAre(HasSubstr("Free memory is not shown"), HasSubstr("Trials are not shown"),
                                          HasSubstr("passed over: 3")));
}

TEST(Timeline, CountersThatStandStillOrGoBackAreNoTrouble) {
    const auto result = timeline(ten_seconds(), series({{0, 9, 9, 0, 0}, {0, 9, 9, 0, 0}, {500, 3, 9, 0, 0}}));
    EXPECT_THAT(names(result), Contains("Free memory"));
    EXPECT_EQ(result.curves[0].summary, "none") << "nothing was swapped out in what can be told apart";
}

TEST(Timeline, OfNothingIsEmpty) {
    const auto result = timeline(Record{}, {});
    EXPECT_THAT(result.phases, IsEmpty());
    EXPECT_THAT(result.curves, IsEmpty());
    EXPECT_THAT(result.ticks, IsEmpty());
}

TEST(Timeline, IsOfBoundedSize) {
    std::vector<RunSeries::Sample> samples;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        samples.push_back({static_cast<double>(i) * 500, i * i, i * i % 7777777, i, i * 7919 % kMiB});
    }
    for (const auto& curve : timeline(ten_seconds(), series(std::move(samples))).curves) {
        EXPECT_LT(curve.line.size(), 10'000U) << curve.name;
    }
}

}  // namespace
}  // namespace blkhang
