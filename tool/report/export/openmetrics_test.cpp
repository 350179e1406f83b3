// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/openmetrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLabels =
    R"(matrix="weekly",kernel="deb:6.1",version="Debian 6.1.192-2",release="6.1.0-52-cloud-amd64",profile="kvm-2011",plant="",calibrates="no")";

TEST(OpenMetrics, CountsRatesAndTimes) {
    Matrix matrix = build::runs(build::kStock, 3, 7);
    matrix.cells[9].started = "2026-11-22T21:00:00Z";
    build::add(matrix, build::cell(build::kStock, Verdict::error));
    const auto text = render_openmetrics({{"weekly", matrix}});
    const auto line = [](const char* name, const char* more, const char* value) {
        return fmt::format("\n{}{{{}{}}} {}\n", name, kLabels, more, value);
    };
    EXPECT_THAT(text, HasSubstr(line("blkhang_runs", ",verdict=\"hang\"", "3")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_runs", ",verdict=\"clean\"", "7")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_runs", ",verdict=\"error\"", "1")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_runs", ",verdict=\"hazard\"", "0")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_verdict", ",verdict=\"hang\"", "1")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_trials", "", "550")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_failure_ratio", "", "0.3")));
    EXPECT_THAT(text, ContainsRegex("blkhang_failure_lower_bound_ratio[{].*[}] 0[.]0667"));
    EXPECT_THAT(text, ContainsRegex("blkhang_failure_upper_bound_ratio[{].*[}] 0[.]652"));
    EXPECT_THAT(text, HasSubstr(line("blkhang_first_run_timestamp_seconds", "", "1795377600")));
    EXPECT_THAT(text, HasSubstr(line("blkhang_last_run_timestamp_seconds", "", "1795381200")));
    EXPECT_THAT(text, HasSubstr("\nblkhang_matrix_done_runs{matrix=\"weekly\"} 11\n"));
    EXPECT_THAT(text, HasSubstr("\n# UNIT blkhang_failure_ratio ratio\n"));
    EXPECT_THAT(text, EndsWith("\n# EOF\n"));
}

TEST(OpenMetrics, WhatIsUnknownIsAbsent) {
    Matrix matrix = build::runs(build::kStock, 0, 0);
    build::add(matrix, build::cell(build::kStock, Verdict::error));
    matrix.cells[0].started = "yesterday";
    matrix.ended.clear();
    const auto text = render_openmetrics({{"weekly", matrix}});
    for (const char* const name : {"failure_ratio", "failure_upper_bound_ratio", "first_run_timestamp_seconds",
                                   "last_run_timestamp_seconds", "matrix_ended_timestamp_seconds"}) {
        EXPECT_THAT(text, Not(HasSubstr(fmt::format("\nblkhang_{}{{", name)))) << name;
    }
    EXPECT_THAT(text, HasSubstr("\nblkhang_matrix_started_timestamp_seconds{"));
}

TEST(OpenMetrics, CompanionsAreMarked) {
    Matrix matrix = build::runs(build::kPlanted, 1, 0);
    CellResult companion = build::cell(build::kPlanted, Verdict::clean);
    companion.calibration = true;
    build::add(matrix, companion);
    const auto text = render_openmetrics({{"weekly", matrix}});
    EXPECT_THAT(text, ContainsRegex("blkhang_runs[{].*calibrates=\"no\",verdict=\"hang\"[}] 1"));
    EXPECT_THAT(text, ContainsRegex("blkhang_runs[{].*calibrates=\"yes\",verdict=\"hang\"[}] 0"));
}

/// Every sample's name and labels, once.
TEST(OpenMetrics, NoTwoSamplesAreOfOneSeries) {
    Matrix matrix;
    for (const char* const kernel : {"a\x01", "a\x02", "a \"\\\n", "a \"\\ "}) {
        build::add(matrix, build::cell({kernel, "p", ""}, Verdict::clean));
    }
    const auto text = render_openmetrics({{"x y", matrix}, {"x  y", matrix}});
    EXPECT_THAT(text, HasSubstr(R"(kernel="a \"\\")"));
    std::set<std::string> series;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) {
            EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
        }
    }
    EXPECT_GT(series.size(), 80U);
}

TEST(OpenMetrics, NamesWithoutEndAreCut) {
    Matrix matrix;
    for (const char* const end : {"a", "b"}) {
        build::add(matrix, build::cell({std::string(100'000, 'x') + end, "p", ""}, Verdict::clean));
    }
    const auto text = render_openmetrics({{"x", matrix}});
    EXPECT_LT(text.size(), 100'000U);
    EXPECT_THAT(text, HasSubstr(",again=\"2\"")) << "they are two still";
}

TEST(OpenMetrics, OfNothingIsWellFormed) { EXPECT_THAT(render_openmetrics({}), EndsWith("# EOF\n")); }

}  // namespace
}  // namespace blkhang
