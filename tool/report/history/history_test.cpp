// SPDX-License-Identifier: GPL-2.0-only
#include "report/history/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

/// Runs of kvm-2011 on what `deb:6.1` was at that time.
Matrix of_debian(const std::string& version, std::uint32_t failed, std::uint32_t passed) {
    Matrix matrix = build::runs(build::kStock, failed, passed);
    for (CellResult& cell : matrix.cells) {
        cell.label = fmt::format("deb:6.1 (linux-image-cloud-amd64 {})", version);
    }
    return matrix;
}

Matrix of_release(const std::string& release, std::uint32_t failed, std::uint32_t passed) {
    Matrix matrix = build::runs({"tree:linux", "kvm-2011", ""}, failed, passed);
    for (CellResult& cell : matrix.cells) {
        cell.label = "tree:linux";
        cell.release = release;
    }
    return matrix;
}

std::vector<std::string> names_of(const std::vector<Matrix>& matrices) {
    std::vector<NamedMatrix> named;
    for (const Matrix& matrix : matrices) {
        named.push_back({"", matrix});
    }
    const MatrixHistory history(named);
    std::vector<std::string> names;
    for (const HistoryVersion& version : history.versions()) {
        names.push_back(version.name);
    }
    return names;
}

TEST(HistoryVersions, StandInTheOrderOfTheirUpstreamReleases) {
    EXPECT_THAT(names_of({of_debian("6.12.9-1", 0, 1), of_debian("6.1.192-10", 0, 1), of_release("6.18.0-rc3", 0, 1),
                          of_debian("6.1.192-2", 0, 1), of_debian("6.1.99-1", 0, 1), of_release("6.18.3", 0, 1),
                          of_release("6.18.0", 0, 1)}),
                ElementsAre("Debian 6.1.99-1", "Debian 6.1.192-2", "Debian 6.1.192-10", "Debian 6.12.9-1", "v6.18-rc3",
                            "v6.18", "v6.18.3"));
}

TEST(HistoryVersions, OnesOfWhichLessIsKnownComeLaterAndNothingLast) {
    EXPECT_THAT(names_of({of_release("mine", 0, 1), of_release("6.8.0-47-generic", 0, 1), of_release("6.9.1", 0, 1),
                          of_release("6.8.0-45-generic", 0, 1), of_release("6.8.7", 0, 1)}),
                ElementsAre("v6.8.7", "6.8.0-45-generic", "6.8.0-47-generic", "v6.9.1", "mine"));
}

TEST(HistoryVersions, OneThatNeverCameUpIsThatOfItsLabel) {
    Matrix broken = of_debian("6.1.192-2", 0, 2);
    broken.cells[0].release.clear();
    broken.cells[1].release.clear();
    broken.cells[1].label.clear();
    EXPECT_THAT(names_of({of_debian("6.1.192-2", 0, 1), broken}), ElementsAre("Debian 6.1.192-2"));
    Matrix unknown = build::runs({"file:x", "kvm-2011", ""}, 0, 1);
    unknown.cells[0].release = unknown.cells[0].label = "";
    EXPECT_THAT(names_of({unknown}), ElementsAre("file:x"));
}

TEST(MatrixHistory, RunsOfAllMatricesCountTogether) {
    const std::vector<NamedMatrix> matrices{{"a", of_debian("6.1.190-1", 0, 4)}, {"b", of_debian("6.1.190-1", 1, 5)}};
    const MatrixHistory history(matrices);
    EXPECT_THAT(history.rows(), ElementsAre("kvm-2011"));
    const HistoryCell* cell = history.at(0, 0);
    ASSERT_NE(cell, nullptr);
    EXPECT_EQ(cell->tally.verdict, Verdict::hang);
    EXPECT_EQ(cell->tally.rate.failed, 1U);
    EXPECT_EQ(cell->tally.rate.passed, 9U);
    ASSERT_EQ(cell->runs.size(), 2U);
    EXPECT_EQ(cell->runs[1].matrix, 1U);
    EXPECT_EQ(cell->runs[1].cells.front(), &matrices[1].matrix.cells.front());
    EXPECT_EQ(history.runs(), 10U);
    EXPECT_TRUE(history.steps().empty());
}

TEST(MatrixHistory, EachVersionIsComparedWithTheOneBefore) {
    const std::vector<NamedMatrix> matrices{{"new", of_debian("6.1.192-2", 0, 8)},
                                            {"old", of_debian("6.1.99-1", 0, 8)},
                                            {"between", of_debian("6.1.190-1", 8, 0)}};
    const MatrixHistory history(matrices);
    ASSERT_EQ(history.steps().size(), 2U);
    EXPECT_EQ(history.steps()[0].pair().change, Change::regressed);
    EXPECT_EQ(history.steps()[1].pair().change, Change::fixed);
    EXPECT_TRUE(is_one_experiment(history.steps()[1].comparison));
    EXPECT_TRUE(is_beyond_chance(history.steps()[0]));
    EXPECT_EQ(history.at(0, 0)->step, std::nullopt);
    EXPECT_EQ(history.at(0, 2)->step, 1U);
    EXPECT_EQ(history.telling_steps(), 2U);
}

TEST(MatrixHistory, WhatSaidNothingIsSteppedOver) {
    Matrix silent = of_debian("6.1.190-1", 0, 3);
    for (CellResult& cell : silent.cells) {
        cell.verdict = Verdict::error;
    }
    const std::vector<NamedMatrix> matrices{
        {"a", of_debian("6.1.99-1", 8, 0)}, {"b", silent}, {"c", of_debian("6.1.192-2", 0, 8)}};
    const MatrixHistory history(matrices);
    ASSERT_EQ(history.steps().size(), 1U);
    EXPECT_EQ(history.steps()[0].before, 0U);
    EXPECT_EQ(history.steps()[0].after, 2U);
    EXPECT_EQ(history.at(0, 1)->tally.verdict, Verdict::error);
}

TEST(MatrixHistory, WhereNobodyKnowsWhichIsNewerNothingIsCompared) {
    const auto steps = [](const std::string& one, const std::string& other) {
        const std::vector<NamedMatrix> matrices{{"a", of_release(one, 8, 0)}, {"b", of_release(other, 0, 8)}};
        return MatrixHistory(matrices).steps().size();
    };
    EXPECT_EQ(steps("6.8.7", "6.8.0-45-generic"), 0U);
    EXPECT_EQ(steps("6.8.0-45-generic", "6.8.0-47-generic"), 1U);
    EXPECT_EQ(steps("6.7.9", "6.8.0-45-generic"), 1U);
    EXPECT_EQ(steps("6.7.9", "mine"), 0U);
}

TEST(MatrixHistory, OtherSettingsAreNoFix) {
    Matrix after = of_debian("6.1.192-2", 0, 8);
    for (CellResult& cell : after.cells) {
        cell.profile_digest = "another";
    }
    const std::vector<NamedMatrix> matrices{{"a", of_debian("6.1.99-1", 8, 0)}, {"b", after}};
    const MatrixHistory history(matrices);
    EXPECT_FALSE(is_one_experiment(history.steps().at(0).comparison));
}

TEST(MatrixHistory, PlantsHaveRowsOfTheirOwnAndCompanionsHaveNone) {
    Matrix matrix = of_debian("6.1.192-2", 0, 5);
    CellResult planted = build::cell(build::kPlanted, Verdict::hang);
    planted.label = matrix.cells[0].label;
    build::add(matrix, planted);
    planted.calibration = true;
    planted.subject.plant = "frozen-alloc";
    build::add(matrix, planted);
    const std::vector<NamedMatrix> matrices{{"a", matrix}};
    const MatrixHistory history(matrices);
    EXPECT_THAT(history.rows(), ElementsAre("kvm-2011", "kvm-2011/sync-alloc"));
    EXPECT_EQ(history.at(0, 0)->tally.verdict, Verdict::clean);
    EXPECT_EQ(history.runs(), 6U);
}

TEST(MatrixHistory, ACleanThatMeansNothingInItsMatrixMeansNothingHere) {
    Matrix matrix = of_debian("6.1.192-2", 0, 5);
    matrix.calibrate = true;
    EXPECT_EQ(MatrixHistory(std::vector<NamedMatrix>{{"a", matrix}}).at(0, 0)->tally.verdict, Verdict::inconclusive);
    CellResult companion = build::cell(build::kPlanted, Verdict::hang);
    companion.label = matrix.cells[0].label;
    companion.calibration = true;
    build::add(matrix, companion);
    EXPECT_EQ(MatrixHistory(std::vector<NamedMatrix>{{"a", matrix}}).at(0, 0)->tally.verdict, Verdict::clean);
}

TEST(MatrixHistory, OfNothingIsEmpty) {
    const MatrixHistory history(std::vector<NamedMatrix>{});
    EXPECT_TRUE(history.versions().empty());
    EXPECT_EQ(history.at(0, 0), nullptr);
}

}  // namespace
}  // namespace blkhang
