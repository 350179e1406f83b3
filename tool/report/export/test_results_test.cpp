// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/test_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kStock;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Subject kPlantedBug{"deb:6.1", "kvm-2011", "sync-alloc"};
const Subject kPlantedFix{"deb:6.1", "kvm-2011", "worker-alloc"};

TestResults results_of(const Matrix& matrix) {
    return test_results(matrix, std::vector<Evidence>(matrix.cells.size()));
}

TestStatus status_of(const Subject& subject, Verdict verdict, bool calibration = false) {
    Matrix matrix;
    CellResult cell = build::cell(subject, verdict);
    cell.calibration = calibration;
    return results_of(build::add(matrix, cell)).suites.at(0).cases.at(0).status;
}

TEST(TestStatus, OnlyTheKernelFails) {
    EXPECT_EQ(status_of(kStock, Verdict::clean), TestStatus::pass);
    EXPECT_EQ(status_of(kStock, Verdict::hang), TestStatus::fail);
    EXPECT_EQ(status_of(kStock, Verdict::hazard), TestStatus::fail);
    EXPECT_EQ(status_of(kStock, Verdict::inconclusive), TestStatus::skip);
    EXPECT_EQ(status_of(kStock, Verdict::unsupported), TestStatus::skip);
    EXPECT_EQ(status_of(kStock, Verdict::error), TestStatus::error);
}

TEST(TestStatus, APlantedBugIsExpectedToFailAPlantedFixIsNot) {
    EXPECT_EQ(status_of(kPlantedBug, Verdict::hang), TestStatus::expected_fail);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::hazard), TestStatus::expected_fail);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::clean), TestStatus::pass);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::error), TestStatus::error);
    EXPECT_EQ(status_of(kPlantedFix, Verdict::hang), TestStatus::fail);
}

TEST(TestStatus, CalibrationIsTheOtherWayRound) {
    EXPECT_EQ(status_of(kPlantedBug, Verdict::hang, true), TestStatus::pass);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::hazard, true), TestStatus::error);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::clean, true), TestStatus::error);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::inconclusive, true), TestStatus::skip);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::unsupported, true), TestStatus::skip);
    EXPECT_EQ(status_of(kPlantedBug, Verdict::error, true), TestStatus::error);
}

TEST(Headline, ACalibrationThatIsNoErrorOfItsOwnSaysWhatIsWrong) {
    Matrix matrix;
    build::add(matrix, build::cell(kPlantedBug, Verdict::clean)).cells.back().calibration = true;
    build::add(matrix, build::cell(kStock, Verdict::error));
    const auto results = results_of(matrix);
    EXPECT_EQ(headline(results.suites[0].cases[0]), "calibration did not show the planted bug: clean: for a reason");
    EXPECT_EQ(headline(results.suites[0].cases[1]), "error: for a reason");
}

TEST(TestResults, ACleanThatIsNotCalibratedPassesNothing) {
    Matrix matrix = build::runs(kStock, 0, 1);
    matrix.calibrate = true;
    const auto uncalibrated = results_of(matrix);
    const TestCase& test = uncalibrated.suites.at(0).cases.at(0);
    EXPECT_EQ(test.status, TestStatus::skip);
    EXPECT_THAT(headline(test), StartsWith("inconclusive: not calibrated: no run with sync-alloc planted"));

    build::add(matrix, build::cell(kPlantedBug, Verdict::hang)).cells.back().calibration = true;
    EXPECT_EQ(results_of(matrix).suites.at(0).cases.at(0).status, TestStatus::pass);
}

TEST(TestResults, AnotherKernelsCalibrationDoesNotCount) {
    Matrix matrix = build::runs(kStock, 0, 1);
    matrix.calibrate = true;
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", "sync-alloc"}, Verdict::hang));
    EXPECT_EQ(results_of(matrix).suites.at(0).cases.at(0).status, TestStatus::skip);
}

TEST(TestResults, ASuitePerKernelThatKnowsWhatAnyRunKnows) {
    Matrix matrix;
    CellResult early = build::cell(kStock, Verdict::error);
    early.label = early.release = "";
    build::add(matrix, early);
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::clean));
    build::add(matrix, build::cell(kStock, Verdict::clean));
    const auto results = results_of(matrix);
    ASSERT_EQ(results.suites.size(), 2U);
    EXPECT_EQ(results.suites[0].cases.size(), 2U);
    EXPECT_EQ(results.suites[0].release, "6.1.0-52-cloud-amd64");
    EXPECT_THAT(results.suites[0].label, HasSubstr("6.1.192-2"));
}

TEST(TestResults, NamesSayWhatWasRunAndWhichTime) {
    Matrix matrix;
    build::add(matrix, build::cell(kStock, Verdict::clean));
    build::add(matrix, build::cell(kPlantedFix, Verdict::clean));
    build::add(matrix, build::cell(kPlantedBug, Verdict::hang)).cells.back().calibration = true;
    const auto results = results_of(matrix);
    std::vector<std::string> names;
    for (const TestCase& test : results.suites.at(0).cases) {
        names.push_back(test.name);
    }
    EXPECT_THAT(names, ElementsAre("kvm-2011, run 1", "kvm-2011 with worker-alloc planted, run 2",
                                   "kvm-2011 with sync-alloc planted, calibration"));
    EXPECT_EQ(test_results(replay::record("thrash"), "").suites.at(0).cases.at(0).name, "kvm-2011");
}

TEST(TestResults, WhatIsMissingIsCounted) {
    Matrix matrix = build::runs(kStock, 0, 2);
    EXPECT_EQ(results_of(matrix).missing, 0U);
    matrix.planned = 5;
    EXPECT_EQ(results_of(matrix).missing, 3U);
    EXPECT_EQ(results_of(Matrix()).missing, 1U);
}

TEST(Details, HoldTheProofOrSayWhyThereIsNone) {
    const auto proven = test_results(replay::record("self-deadlock"), "");
    EXPECT_THAT(details(proven.suites[0].cases[0]),
                AllOf(StartsWith("hang: percpu-churn[402] waits for pcpu_alloc_mutex"),
                      HasSubstr("<- took pcpu_alloc_mutex here")));

    const Matrix matrix = build::runs(kStock, 1, 0);
    EXPECT_THAT(details(results_of(matrix).suites[0].cases[0]), HasSubstr("left no record"));
    Evidence damaged;
    damaged.problem = "damaged record: not JSON";
    EXPECT_THAT(details(test_results(matrix, {damaged}).suites[0].cases[0]),
                HasSubstr("cannot be used: damaged record: not JSON"));
}

}  // namespace
}  // namespace blkhang
