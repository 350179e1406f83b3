// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/compare/words.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const Subject kDebian{"deb:6.1", "kvm-2011", ""};
const Subject kTree{"tree:linux", "kvm-2011", ""};

struct Case {
    std::uint32_t failed_before, passed_before, failed_after, passed_after;
    Change change;
    Outcome outcome;
    const char* words;
};
class Changes : public testing::TestWithParam<Case> {};

TEST_P(Changes, AreCalledWhatTheRunsShow) {
    const Case& c = GetParam();
    const auto comparison = compare(build::runs(kDebian, c.failed_before, c.passed_before),
                                    build::runs(kTree, c.failed_after, c.passed_after));
    ASSERT_EQ(comparison.pairs.size(), 1U);
    const auto& pair = comparison.pairs.front();
    EXPECT_EQ(to_string(pair.change), to_string(c.change));
    EXPECT_EQ(to_string(comparison.outcome), to_string(c.outcome));
    EXPECT_THAT(statement(pair), HasSubstr(c.words));
}

INSTANTIATE_TEST_SUITE_P(
    All, Changes,
    testing::Values(Case{10, 0, 0, 10, Change::fixed, Outcome::good, "fixed beyond chance"},
                    Case{4, 0, 0, 4, Change::fixed, Outcome::good, "p = 0.029"},
                    Case{3, 0, 0, 3, Change::too_few_runs, Outcome::nothing_shown, "4 runs on each side would show"},
                    Case{1, 0, 0, 1, Change::too_few_runs, Outcome::nothing_shown, "single runs prove nothing"},
                    Case{0, 10, 0, 10, Change::never_failed, Outcome::nothing_shown,
                         "BEFORE did not fail in 10 runs: this shows nothing about the change"},
                    Case{10, 0, 9, 1, Change::still_fails, Outcome::fails, "still fails, no difference shown"},
                    Case{20, 0, 2, 18, Change::fewer_failures, Outcome::fails, "still fails, though less often"},
                    Case{0, 10, 1, 9, Change::fails_now, Outcome::fails, "fails now, which chance may explain"},
                    Case{0, 10, 10, 0, Change::regressed, Outcome::fails, "regressed beyond chance"},
                    Case{2, 18, 20, 0, Change::regressed, Outcome::fails, "regressed beyond chance"}),
    [](const auto& info) {
        const Case& c = info.param;
        return fmt::format("{}_{}_to_{}_{}", c.failed_before, c.passed_before, c.failed_after, c.passed_after);
    });

TEST(Compare, RunsWithoutVerdictAreNoPasses) {
    Matrix after = build::runs(kTree, 0, 10);
    build::add(after, build::cell(kTree, Verdict::inconclusive, "coverage reclaim: 3 seen"));
    const auto some = compare(build::runs(kDebian, 10, 0), after);
    EXPECT_EQ(some.pairs[0].change, Change::incomplete);
    EXPECT_EQ(some.pairs[0].after.tally.rate.conclusive(), 10U);
    EXPECT_EQ(some.outcome, Outcome::nothing_shown);
    EXPECT_THAT(statement(some.pairs[0]), HasSubstr("1 inconclusive, 10 clean"));

    Matrix broken;
    for (int i = 0; i < 10; ++i) {
        build::add(broken, build::cell(kTree, Verdict::error));
    }
    const auto none = compare(build::runs(kDebian, 10, 0), broken);
    EXPECT_EQ(none.pairs[0].change, Change::undecided);
    EXPECT_THAT(statement(none.pairs[0]), HasSubstr("AFTER: no run came to a verdict on the kernel: 10 error"));
    EXPECT_EQ(none.outcome, Outcome::nothing_shown);
    EXPECT_EQ(compare(broken, build::runs(kTree, 1, 0)).outcome, Outcome::fails);
}

TEST(Compare, AnUncalibratedCleanIsNotClean) {
    Matrix after = build::runs(kTree, 0, 10);
    after.calibrate = true;
    const auto comparison = compare(build::runs(kDebian, 10, 0), after);
    EXPECT_EQ(comparison.pairs[0].change, Change::incomplete);
    EXPECT_THAT(statement(comparison.pairs[0]), HasSubstr("not calibrated"));

    CellResult companion = build::cell({kTree.kernel, kTree.profile, "sync-alloc"}, Verdict::hang);
    companion.calibration = true;
    build::add(after, companion);
    const auto calibrated = compare(build::runs(kDebian, 10, 0), after);
    EXPECT_EQ(calibrated.outcome, Outcome::good);
    EXPECT_THAT(calibrated.only_after, IsEmpty());
}

/// Several matrices in one.
Matrix joined(const std::vector<Matrix>& parts) {
    Matrix all = parts.front();
    for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
        for (const CellResult& cell : part->cells) {
            build::add(all, cell);
        }
    }
    return all;
}

TEST(Compare, ManyKernelsAreMatchedByName) {
    const Subject third{"deb:7.3", "kvm-2011", ""};
    const auto comparison = compare(joined({build::runs(kDebian, 10, 0), build::runs(third, 0, 10)}),
                                    joined({build::runs(kTree, 0, 10), build::runs(kDebian, 0, 10)}));
    ASSERT_EQ(comparison.pairs.size(), 1U);
    EXPECT_EQ(comparison.pairs[0].before.tally.subject, kDebian);
    EXPECT_EQ(comparison.pairs[0].after.tally.subject, kDebian);
    ASSERT_EQ(comparison.only_before.size(), 1U);
    EXPECT_EQ(comparison.only_before[0].subject, third);
    ASSERT_EQ(comparison.only_after.size(), 1U);
    EXPECT_EQ(comparison.only_after[0].subject, kTree);
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);  // deb:7.3 was not tested again
}

TEST(Compare, AProfileThatNeverFailedDoesNotSpoilAFix) {
    Subject other_old = kDebian;
    Subject other_new = kTree;
    other_old.profile = other_new.profile = "queue-freeze";
    const Matrix before = joined({build::runs(kDebian, 10, 0), build::runs(other_old, 0, 5)});
    EXPECT_EQ(compare(before, joined({build::runs(kTree, 0, 10), build::runs(other_new, 0, 5)})).outcome,
              Outcome::good);
    EXPECT_EQ(compare(before, joined({build::runs(kTree, 0, 10), build::runs(other_new, 1, 4)})).outcome,
              Outcome::fails);
    EXPECT_EQ(compare(before, build::runs(kTree, 0, 10)).outcome, Outcome::nothing_shown);
}

TEST(Compare, AFailureOnlyInAfterIsAFailure) {
    const auto comparison = compare(build::runs(kDebian, 10, 0),
                                    joined({build::runs(kTree, 0, 10), build::runs({"deb:6.1", "other", ""}, 1, 0)}));
    EXPECT_EQ(comparison.pairs[0].change, Change::fixed);
    EXPECT_EQ(comparison.outcome, Outcome::fails);
}

TEST(Compare, CutShortIsNotGood) {
    Matrix after = build::runs(kTree, 0, 10);
    after.planned = 12;
    const auto comparison = compare(build::runs(kDebian, 10, 0), after);
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
    EXPECT_THAT(comparison.notes, ElementsAre(AllOf(StartsWith("AFTER was cut short"), HasSubstr("2 of 12"))));
}

TEST(Compare, ThePriceIsMeasuredWhereBothSidesOfItAre) {
    Matrix before = build::runs(kDebian, 10, 0);
    Matrix after = build::runs(kTree, 0, 10);
    for (CellResult& cell : before.cells) {
        cell.load = {{"bytes_written", 500}, {"stat_bytes", 500}};
    }
    after.cells[0].load = {{"bytes_written", 90}};  // has no statistics: must not count as written either
    build::add(after, build::cell(kTree, Verdict::error)).cells.back().load = {{"bytes_written", 9}, {"stat_bytes", 0}};
    const auto pair = compare(before, after).pairs.at(0);
    EXPECT_EQ(pair.after.statistics->all, 9000U);
    EXPECT_THAT(price(pair), ElementsAre("cgroup statistics: 100% of bytes written accounted before, 99.0% after"));

    after.cells[1].load["plant_bytes_accounted"] = 30;
    after.cells[1].load["plant_bytes_submitted"] = 40;
    EXPECT_THAT(price(compare(before, after).pairs.at(0)),
                ElementsAre(testing::_,
                            "planted code: an unknown part of bytes submitted to it accounted before, 75% "
                            "after"));
}

TEST(Compare, RecordsAreSingleRuns) {
    const auto comparison = compare(matrix_of(replay::record("self-deadlock", "sync-alloc")),
                                    matrix_of(replay::record("thrash", "worker-alloc")));
    ASSERT_EQ(comparison.pairs.size(), 1U);
    const auto& pair = comparison.pairs.front();
    EXPECT_EQ(pair.change, Change::too_few_runs);
    EXPECT_EQ(pair.p, 1);
    EXPECT_EQ(pair.runs_needed, 4U);
    EXPECT_THAT(pair.before.proof, HasSubstr("pcpu_alloc_mutex"));
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
}

TEST(SideOf, SplitsAMatrixAndKeepsTheRestToCalibrate) {
    const Subject planted{"deb:6.1", "kvm-2011", "sync-alloc"};
    const Subject mended{"deb:6.1", "kvm-2011", "worker-alloc"};
    const Matrix both = joined({build::runs(planted, 10, 0), build::runs(mended, 0, 10), build::runs(kTree, 1, 0)});
    const auto comparison = compare(side_of(both, "deb:6.1", "sync-alloc"), side_of(both, "deb:6.1", "worker-alloc"));
    ASSERT_EQ(comparison.pairs.size(), 1U);
    EXPECT_EQ(comparison.pairs[0].before.tally.subject, planted);
    EXPECT_EQ(comparison.pairs[0].after.tally.subject, mended);
    EXPECT_EQ(comparison.outcome, Outcome::good);
    EXPECT_THAT(comparison.notes, IsEmpty());

    Matrix stock = joined({build::runs(planted, 10, 0), build::runs(kDebian, 0, 10)});
    stock.calibrate = true;
    EXPECT_EQ(compare(side_of(stock, "deb:6.1", "sync-alloc"), side_of(stock, "deb:6.1", "")).outcome, Outcome::good);
}

}  // namespace
}  // namespace blkhang
