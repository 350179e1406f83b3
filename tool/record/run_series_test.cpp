// SPDX-License-Identifier: GPL-2.0-only
#include "record/run_series.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/stream.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

RunSeries read(std::string_view stream, const std::string& trial = "", std::optional<double> instant_ms = {}) {
    RunSeriesReader reader(trial, instant_ms);
    while (!stream.empty()) {
        const auto newline = stream.find('\n');
        reader.line(stream.substr(0, newline));
        stream.remove_prefix(newline == std::string_view::npos ? stream.size() : newline + 1);
    }
    return reader.finish();
}

std::string recorded(std::string_view name) { return read_file(replay::path(name)).value(); }

std::string lines(const std::vector<Observation>& observations) {
    std::string text;
    for (const auto& each : observations) {
        text += encode(each) + "\n";
    }
    return text;
}

seen::Wait wait(std::uint64_t at_ns, std::int32_t pid, const std::string& comm, const std::string& what) {
    return {at_ns, pid, comm, awaited_from(WaitKind::mutex, what), 0, false, {}};
}
seen::Wake wake(std::uint64_t at_ns, std::int32_t pid, const std::string& what) {
    return {at_ns, pid, awaited_from(WaitKind::mutex, what)};
}

std::vector<std::string> names(const RunSeries& series) {
    std::vector<std::string> result;
    for (const auto& each : series.waiting) {
        result.push_back(fmt::format("{}:{}", each.comm, to_string(each.what)));
    }
    return result;
}

TEST(RunSeries, SamplesCountFromTheStartOfTheLoad) {
    const auto series = read(recorded("nested-nowait"));
    ASSERT_EQ(series.samples.size(), 8U);
    EXPECT_DOUBLE_EQ(series.samples[0].at_ms, 5000);
    EXPECT_EQ(series.samples[0].ios, 960U);
    EXPECT_EQ(series.samples[1].swapped_out, 86507520U);
    EXPECT_EQ(series.samples[1].trials, 6U);
    EXPECT_FALSE(series.samples[1].free_bytes) << "streams of before it was measured have none";
    EXPECT_EQ(series.damaged_lines, 0U);
}

TEST(RunSeries, TrialsAreWhatTheProfileCounts) {
    const seen::Counters counters{5, {}, {{"trigger_successes", 7}}, {{"free_bytes", 4096}}, 0};
    EXPECT_EQ(read(lines({counters}), "trigger_successes").samples.at(0).trials, 7U);
    EXPECT_EQ(read(lines({counters}), "trigger_successes").samples.at(0).free_bytes, 4096U);
    EXPECT_FALSE(read(lines({counters}), "").samples.at(0).trials);
}

TEST(RunSeries, WithoutALoadPhaseTimeBeginsWithTheStream) {
    const seen::Hello hello{1'000'000, "", "", "", "", "", 0, {}};
    EXPECT_DOUBLE_EQ(read(lines({hello, seen::Counters{3'000'000, {}, {}, {}, 0}})).samples.at(0).at_ms, 2);
}

TEST(RunSeries, WhoWaitsIsWhoHasNotWoken) {
    const std::string stream =
        lines({wait(1, 10, "a", "x"), wait(2, 11, "b", "x"), wake(3, 10, "x"), wait(4, 12, "c", "x"),
               wait(5, 12, "c", "y"), wake(6, 12, "x"), wait(7, 13, "exits", "x"), wake(8, 13, "")});
    EXPECT_THAT(names(read(stream)), testing::ElementsAre("b:x", "c:y"));
}

TEST(RunSeries, WhatComesAfterTheInstantIsPassedOver) {
    const seen::Phase load{1'000'000, "load"};
    const std::string stream =
        lines({wait(500'000, 9, "early", "x"), load, wait(2'000'000, 10, "a", "x"), wake(9'000'000, 10, "x"),
               wait(9'000'000, 11, "late", "x"), seen::Counters{9'000'000, {}, {}, {}, 0}});
    const auto series = read(stream, "", 3.0);
    EXPECT_THAT(names(series), testing::ElementsAre("early:x", "a:x"));
    EXPECT_EQ(series.samples.size(), 1U) << "what was counted later still belongs to the run";
}

TEST(RunSeries, NamesOfTasksAreNoSyntax) {
    const std::string hostile = R"(","what":"y","pid":7)";
    const std::string stream = lines({wait(1, 10, hostile, "x"), wake(2, 10, "y")});
    EXPECT_THAT(names(read(stream)), testing::ElementsAre(hostile + ":x"));
}

TEST(RunSeries, DamagedLinesAreCountedAndPassedOver) {
    const std::string stream = recorded("nested-nowait");
    const auto series = read("{\"t\":\"counters\",\"at_ns\":tru\n\nnothing\n\xff\n{\"t\":\"wait\",\"pid\":3\n" +
                             stream + stream.substr(0, stream.find("\"t\":\"counters\"") + 40));
    EXPECT_EQ(series.samples.size(), 8U);
    EXPECT_EQ(series.damaged_lines, 3U) << "two counters and an open wait; other lines are not looked at";
}

TEST(RunSeries, AWaitThatNamesTwoTasksIsNobodys) {
    const std::string honest = lines({wait(1, 10, "a", "x")});
    std::string two = lines({wait(2, 11, "b", "x")});
    two.insert(two.find("\"comm\""), "\"pid\":10,");
    const auto series = read(honest + two);
    EXPECT_THAT(names(series), testing::ElementsAre("a:x")) << "one wait for each task";
    EXPECT_EQ(series.damaged_lines, 1U);
}

TEST(RunSeries, OfNothingIsEmpty) {
    const auto series = read("");
    EXPECT_TRUE(series.samples.empty());
    EXPECT_TRUE(series.waiting.empty());
}

}  // namespace
}  // namespace blkhang
