// SPDX-License-Identifier: GPL-2.0-only
#include "record/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double kExact = 5e-5;  // the published values have four decimals

TEST(FailureRate, WithoutFailuresIsTheOneSidedBound) {
    EXPECT_NEAR(failure_rate(0, 10).high, 0.2589, kExact);
    EXPECT_NEAR(failure_rate(0, 1).high, 0.95, kExact);
    EXPECT_NEAR(failure_rate(0, 59).high, 0.0495, kExact);  // 59 clean runs show less than 5%
    EXPECT_EQ(failure_rate(0, 10).low, 0);
}

TEST(FailureRate, WithFailuresIsTheExactInterval) {
    const auto all = failure_rate(10, 0);
    EXPECT_NEAR(all.low, 0.6915, kExact);
    EXPECT_EQ(all.high, 1);
    const auto some = failure_rate(3, 7);
    EXPECT_NEAR(some.low, 0.0667, kExact);
    EXPECT_NEAR(some.high, 0.6525, kExact);
    const auto one = failure_rate(1, 0);
    EXPECT_NEAR(one.low, 0.025, kExact);
    EXPECT_EQ(one.high, 1);
}

TEST(FailureRate, OfNothingIsAnything) {
    const auto rate = failure_rate(0, 0);
    EXPECT_EQ(rate.low, 0);
    EXPECT_EQ(rate.high, 1);
    EXPECT_THAT(in_words(rate), HasSubstr("nothing is known"));
}

TEST(Percent, HasADecimalWhereItMatters) {
    EXPECT_EQ(percent(0), "0%");
    EXPECT_EQ(percent(0.004), "0.4%");
    EXPECT_EQ(percent(0.259), "26%");
    EXPECT_EQ(percent(0.987), "98.7%");
    EXPECT_EQ(percent(1), "100%");
}

TEST(Tally, TheBoundOfACleanSubjectIsInItsReasons) {
    const auto tallies = tally(build::runs(kStock, 0, 10));
    ASSERT_EQ(tallies.size(), 1U);
    EXPECT_EQ(tallies[0].verdict, Verdict::clean);
    EXPECT_EQ(tallies[0].trials, 500U);
    EXPECT_FALSE(tallies[0].calibrated);
    EXPECT_THAT(tallies[0].reasons, ElementsAre("10 of 10 clean; fails in at most 26% of runs (95%)"));
}

TEST(Tally, TheWorstRepeatDecidesAndOnlyVerdictsOnTheKernelCount) {
    Matrix matrix = build::runs(kStock, 2, 3);
    build::add(matrix, build::cell(kStock, Verdict::hazard));
    build::add(matrix, build::cell(kStock, Verdict::inconclusive));
    const Tally hung = tally(matrix).at(0);
    EXPECT_EQ(hung.verdict, Verdict::hang);
    EXPECT_EQ(hung.rate.failed, 3U);
    EXPECT_EQ(hung.rate.passed, 3U);

    build::add(matrix, build::cell(kStock, Verdict::error));
    const Tally broken = tally(matrix).at(0);
    EXPECT_EQ(broken.verdict, Verdict::hang);
    EXPECT_EQ(broken.rate.conclusive(), 6U);
    EXPECT_THAT(broken.reasons.front(), StartsWith("8 runs: 2 hang, 1 hazard, 1 error, 1 inconclusive, 3 clean; "));
}

TEST(Tally, ABrokenRunTakesNothingBackButOnlyOfProof) {
    for (const auto proven : {Verdict::hang, Verdict::hazard}) {
        Matrix matrix;
        build::add(matrix, build::cell(kStock, Verdict::error));
        build::add(matrix, build::cell(kStock, proven));
        EXPECT_EQ(tally(matrix).at(0).verdict, proven);
    }
    for (const auto unproven : {Verdict::unsupported, Verdict::inconclusive, Verdict::clean}) {
        Matrix matrix;
        build::add(matrix, build::cell(kStock, unproven));
        build::add(matrix, build::cell(kStock, Verdict::error));
        EXPECT_EQ(tally(matrix).at(0).verdict, Verdict::error);
    }
}

TEST(Tally, ReasonsThatDifferInNumbersOnlyAreOne) {
    const auto reasons = tally(build::runs(kStock, 3, 0)).at(0).reasons;
    EXPECT_THAT(reasons, ElementsAre("3 of 3 hang; fails in 29% to 100% of runs (95%)",
                                     "hang in 3 runs, such as: member[100] waits for pcpu_alloc_mutex, which it owns "
                                     "itself"));
}

TEST(Tally, ReasonsAreCapped) {
    Matrix matrix;
    for (const char* reason : {"a", "b", "c", "d", "e", "f", "g"}) {
        build::add(matrix, build::cell(kStock, Verdict::error, reason));
    }
    const auto reasons = tally(matrix).at(0).reasons;
    ASSERT_EQ(reasons.size(), 7U);
    EXPECT_EQ(reasons.front(), "no run came to a verdict on the kernel: 7 error");
    EXPECT_EQ(reasons.back(), "and 2 other reasons");
}

/// Ten clean runs of a stock kernel, and what became of the planted one.
Matrix calibrated_by(std::vector<Verdict> companions) {
    Matrix matrix = build::runs(kStock, 0, 10);
    matrix.calibrate = true;
    for (const Verdict verdict : companions) {
        CellResult companion = build::cell(kPlanted, verdict);
        companion.calibration = true;
        build::add(matrix, companion);
    }
    return matrix;
}

TEST(Calibration, APlantedHangLetsCleanStand) {
    const auto tallies = tally(calibrated_by({Verdict::hang}));
    EXPECT_EQ(tallies[0].verdict, Verdict::clean);
    EXPECT_EQ(tallies[0].calibrated, true);
    EXPECT_FALSE(tallies[1].calibrated);
    EXPECT_EQ(overall(tallies), Verdict::clean);  // the companion's hang is wanted
}

TEST(Calibration, OneHangOfSeveralIsEnough) {
    EXPECT_EQ(overall(tally(calibrated_by({Verdict::inconclusive, Verdict::hang}))), Verdict::clean);
}

TEST(Calibration, APlantedBugThatWasNotSeenTakesCleanBack) {
    for (const auto verdict : {Verdict::error, Verdict::hazard, Verdict::unsupported, Verdict::clean}) {
        const auto tallies = tally(calibrated_by({verdict}));
        EXPECT_EQ(tallies[0].verdict, Verdict::inconclusive);
        EXPECT_EQ(tallies[0].calibrated, false);
        EXPECT_EQ(tallies[0].rate.passed, 10U);
        EXPECT_THAT(tallies[0].reasons.front(),
                    AllOf(StartsWith("not calibrated: "), HasSubstr(std::string(to_string(verdict)))));
        EXPECT_EQ(overall(tallies), Verdict::inconclusive);
    }
}

TEST(Calibration, MissingIsNotPassed) {
    EXPECT_THAT(tally(calibrated_by({})).at(0).reasons.front(), StartsWith("not calibrated: nothing was run"));
    Matrix other = build::runs(kStock, 0, 1);
    other.calibrate = true;
    build::add(other, build::cell({"deb:7.3", "kvm-2011", "sync-alloc"}, Verdict::hang));
    EXPECT_EQ(tally(other).at(0).verdict, Verdict::inconclusive);
}

TEST(Calibration, APlantedSubjectThatWasAskedForServesToo) {
    Matrix matrix = build::runs(kStock, 0, 10);
    matrix.calibrate = true;
    build::add(matrix, build::cell(kPlanted, Verdict::hang));
    const auto tallies = tally(matrix);
    EXPECT_EQ(tallies[0].verdict, Verdict::clean);
    EXPECT_EQ(overall(tallies), Verdict::hang);  // it counts like any other
}

TEST(Calibration, TakesThePlantOfTheProfilesKind) {
    Matrix matrix = calibrated_by({Verdict::hang});
    for (CellResult& cell : matrix.cells) {
        cell.calibrated_by = "frozen-alloc";
    }
    EXPECT_THAT(tally(matrix).at(0).reasons.front(), HasSubstr("nothing was run with frozen-alloc planted"));
    for (CellResult& cell : matrix.cells) {
        cell.subject.plant = cell.subject.plant.empty() ? "" : "frozen-alloc";
    }
    EXPECT_EQ(tally(matrix).at(0).verdict, Verdict::clean);
}

TEST(Calibration, DoesNotTouchAHang) {
    Matrix matrix = build::runs(kStock, 1, 9);
    matrix.calibrate = true;
    EXPECT_EQ(tally(matrix).at(0).verdict, Verdict::hang);
}

TEST(Overall, OneBrokenKernelDoesNotHideAnothersHang) {
    Matrix matrix = build::runs(kStock, 1, 0);
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::error));
    EXPECT_EQ(overall(tally(matrix)), Verdict::hang);
    matrix.cells.front().verdict = Verdict::clean;
    EXPECT_EQ(overall(tally(matrix)), Verdict::error);
}

TEST(Overall, OfNothingIsAnError) { EXPECT_EQ(overall({}), Verdict::error); }

}  // namespace
}  // namespace blkhang
