// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string cell_of(const Matrix& matrix) { return cell_text(tally(matrix).at(0)); }

std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);) {
        widest = std::max(widest, line.size());
    }
    return widest;
}

TEST(CellText, SaysVerdictRateAndInterval) {
    EXPECT_EQ(cell_of(build::runs(kStock, 0, 10)), "clean 0/10 <=26%");
    EXPECT_EQ(cell_of(build::runs(kPlanted, 10, 0)), "hang 10/10 69-100%");
    EXPECT_EQ(cell_of(build::runs(kStock, 3, 7)), "hang 3/10 6.7-65%");
}

TEST(CellText, RunsThatSaidNothingAreNoRate) {
    Matrix matrix;
    build::add(matrix, build::cell(kStock, Verdict::error));
    build::add(matrix, build::cell(kStock, Verdict::unsupported));
    EXPECT_EQ(cell_of(matrix), "error x2");
    build::add(matrix, build::cell(kStock, Verdict::clean));
    EXPECT_EQ(cell_of(matrix), "error 0/1 <=95.0%, 1 error, 1 unsupported");
}

/// Four runs that hang, and one whose guest broke.
Matrix four_hangs_and_an_error() {
    Matrix matrix = build::runs(kStock, 4, 0);
    return build::add(matrix, build::cell(kStock, Verdict::error, "the guest did not boot"));
}

TEST(CellText, ABrokenRunBesideAHangIsCountedAndHidesNothing) {
    EXPECT_EQ(cell_of(four_hangs_and_an_error()), "hang 4/4 40-100%, 1 error");
}

TEST(RenderMatrix, ABrokenRunBesideAHangIsCountedAndHidesNothing) {
    const std::string text = render_matrix(four_hangs_and_an_error());
    EXPECT_THAT(text, StartsWith("HANG  1 kernel, 5 of 5 runs: 4 hang, 1 error\n"));
    EXPECT_THAT(text, HasSubstr("error in 1 run: the guest did not boot"));
}

/// Two kernels, a planted companion that did not hang on the second, a profile that only the first has, one run
/// missing.
Matrix sample_matrix() {
    Matrix matrix = build::runs(kStock, 0, 10);
    matrix.calibrate = true;
    const auto companion = [&](const Subject& subject, Verdict verdict) {
        CellResult cell = build::cell(subject, verdict, "the guest did not boot");
        cell.calibration = true;
        build::add(matrix, cell);
    };
    companion(kPlanted, Verdict::hang);
    build::add(matrix, build::cell({"deb:7.3", "kvm-2011", ""}, Verdict::clean));
    companion({"deb:7.3", "kvm-2011", "sync-alloc"}, Verdict::error);
    build::add(matrix, build::cell({"deb:6.1", "queue-freeze", ""}, Verdict::hazard, "lock cycle a -> b"));
    ++matrix.planned;
    return matrix;
}

TEST(RenderMatrix, TheWorstComesFirstThenKernelsByProfiles) {
    const std::string text = render_matrix(sample_matrix(), {75, false});  // too narrow for the third column
    EXPECT_THAT(text, StartsWith("HAZARD  2 kernels, 14 of 15 runs: 1 hazard, 11 clean\n"));
    EXPECT_THAT(text, HasSubstr("\n           kvm-2011                  kvm-2011/sync-alloc*\n"
                                "  deb:6.1  clean 0/10 <=26%          hang 1/1 2.5-100%\n"
                                "  deb:7.3  inconclusive 0/1 <=95.0%  error x1\n"));
    EXPECT_THAT(text, HasSubstr("\n           queue-freeze\n"
                                "  deb:6.1  hazard 1/1 2.5-100%\n"
                                "  deb:7.3  -\n"));
}

TEST(RenderMatrix, SaysWhatNeedsAttentionAndWhy) {
    const std::string text = render_matrix(sample_matrix(), {80, false});
    const std::string attention = text.substr(text.find("What needs attention"));
    EXPECT_THAT(attention, AllOf(HasSubstr("cut short: 1 of 15 runs"), HasSubstr("deb:7.3 kvm-2011: inconclusive"),
                                 HasSubstr("not calibrated: with sync-alloc planted"), HasSubstr("to calibrate: error"),
                                 HasSubstr("the guest did not boot"), HasSubstr("lock cycle a -> b")));
    EXPECT_THAT(attention, Not(HasSubstr("deb:6.1 kvm-2011")));  // clean, and its companion hung as it should
    EXPECT_THAT(render_matrix(build::runs(kStock, 0, 3)), Not(HasSubstr("attention")));
}

TEST(RenderMatrix, ARunWithoutVerdictBesideCleanOnesNeedsAttention) {
    Matrix matrix = build::runs(kStock, 1, 9);
    build::add(matrix, build::cell(kStock, Verdict::inconclusive, "coverage reclaim: 3 seen"));
    EXPECT_THAT(render_matrix(matrix), HasSubstr("coverage reclaim: 3 seen"));
}

TEST(RenderMatrix, APlantedHangIsAsItShouldBe) {
    Matrix matrix = build::runs(kPlanted, 2, 0);
    build::add(matrix, build::cell(kStock, Verdict::clean));
    EXPECT_THAT(render_matrix(matrix),
                AllOf(StartsWith("HANG  1 kernel, 3 of 3 runs: 1 clean; with a bug planted: 2 hang\n"),
                      Not(HasSubstr("attention"))));
    build::add(matrix, build::cell(kPlanted, Verdict::clean, "it survived"));
    EXPECT_THAT(render_matrix(matrix), Not(HasSubstr("attention"))) << "it hung elsewhere, and the rate says how often";
    EXPECT_THAT(render_matrix(build::runs(kPlanted, 0, 1)), HasSubstr("What needs attention"));
    EXPECT_THAT(render_matrix(build::runs({"deb:6.1", "kvm-2011", "worker-alloc"}, 0, 1)), Not(HasSubstr("attention")));
    EXPECT_THAT(render_matrix(build::runs({"deb:6.1", "kvm-2011", "worker-alloc"}, 1, 0)), HasSubstr("attention"));
}

TEST(RenderMatrix, FitsTheTerminal) {
    EXPECT_LE(widest_line(render_matrix(sample_matrix(), {80, false})), 80U);
    EXPECT_GT(widest_line(render_matrix(sample_matrix(), {120, false})), 80U);
}

TEST(RenderMatrix, ColourChangesNothingElse) {
    std::string text = render_matrix(sample_matrix(), {80, true});
    EXPECT_THAT(text, HasSubstr("\033[1;32mclean\033[0m 0/10 <=26%          \033[1;31mhang\033[0m 1/1"));
    for (auto at = text.find('\033'); at != std::string::npos; at = text.find('\033')) {
        text.erase(at, text.find('m', at) + 1 - at);
    }
    EXPECT_EQ(text, render_matrix(sample_matrix(), {80, false}));
}

TEST(RenderMatrix, NamesTheExactKernels) {
    EXPECT_THAT(render_matrix(sample_matrix()),
                HasSubstr("deb:6.1 (linux-image-cloud-amd64 6.1.192-2): 6.1.0-52-cloud"));
}

TEST(MatrixText, ATableThatWouldBeNearlyEmptyIsAList) {
    const std::string text = render_matrix(build::diagonal(400));
    EXPECT_THAT(text,
                AllOf(HasSubstr("\n                all runs\n"), HasSubstr("\n  deb:7 p7      clean 0/1 <=95.0%\n")));
    EXPECT_LT(text.size(), 100'000U);
}

}  // namespace
}  // namespace blkhang
