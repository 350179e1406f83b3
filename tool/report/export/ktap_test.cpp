// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/ktap.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string ktap_of(const Matrix& matrix) {
    return render_ktap(test_results(matrix, std::vector<Evidence>(matrix.cells.size())));
}
std::string ktap_of(const Subject& subject, Verdict verdict) {
    Matrix matrix;
    return ktap_of(build::add(matrix, build::cell(subject, verdict)));
}

TEST(Ktap, ARecordIsOneTest) {
    EXPECT_THAT(render_ktap(test_results(replay::record("thrash"), "")),
                AllOf(StartsWith("KTAP version 1\n# blkhang 0.1.0 (3f2c9d1a7be4)\n# kernel: deb:6.1 (linux-image"),
                      HasSubstr("\n1..1\n# clean: "), EndsWith("\nok 1 - deb:6.1 kvm-2011\n")));
}

TEST(Ktap, TheCycleIsThereAsDiagnostics) {
    const std::string text = render_ktap(test_results(replay::record("self-deadlock"), ""));
    EXPECT_THAT(text, HasSubstr("\n# percpu-churn[402] owns pcpu_alloc_mutex and waits for pcpu_alloc_mutex\n"
                                "# pcpu_alloc < __alloc_percpu_gfp < sync_alloc_first_bio [sync_alloc]"));
    EXPECT_THAT(text, EndsWith("\nnot ok 1 - deb:6.1 kvm-2011\n"));
}

TEST(Ktap, AMatrixIsASubtestPerKernel) {
    Matrix matrix;
    matrix.tool = {"0.1.0", "3f2c9d1a7be4"};
    build::add(matrix, build::cell(kStock, Verdict::clean, "all seen"));
    build::add(matrix, build::cell(kPlanted, Verdict::hang, "owns it"));
    EXPECT_EQ(ktap_of(matrix),
              "KTAP version 1\n"
              "# blkhang 0.1.0 (3f2c9d1a7be4)\n"
              "1..1\n"
              "  KTAP version 1\n"
              "  # Subtest: deb:6.1\n"
              "  # kernel: deb:6.1 (linux-image-cloud-amd64 6.1.192-2): 6.1.0-52-cloud-amd64\n"
              "  1..2\n"
              "  # clean: all seen\n"
              "  # trials: 50\n"
              "  ok 1 - kvm-2011, run 1\n"
              "  # hang: owns it\n"
              "  # trials: 50\n"
              "  ok 2 - kvm-2011 with sync-alloc planted, run 2 # XFAIL hang: owns it\n"
              "ok 1 - deb:6.1\n");
}

TEST(Ktap, AKernelFailsIfARunOnItDoes) {
    EXPECT_THAT(ktap_of(build::runs(kStock, 1, 9)), EndsWith("\nnot ok 1 - deb:6.1\n"));
    EXPECT_THAT(ktap_of(kStock, Verdict::error),
                EndsWith("\nnot ok 1 - deb:6.1 # ERROR a run broke, or calibration did not show the planted bug\n"));
    EXPECT_THAT(ktap_of(kPlanted, Verdict::hang), EndsWith("\nok 1 - deb:6.1\n"));
}

TEST(Ktap, NothingLearnedIsNoSuccess) {
    EXPECT_THAT(ktap_of(kStock, Verdict::unsupported), EndsWith("\nok 1 - deb:6.1 # SKIP unsupported\n"));
    Matrix matrix;
    build::add(matrix, build::cell(kStock, Verdict::inconclusive));
    build::add(matrix, build::cell(kPlanted, Verdict::hang)).cells.back().calibration = true;
    EXPECT_THAT(ktap_of(matrix), AllOf(HasSubstr("\n  ok 2 - kvm-2011 with sync-alloc planted, calibration\n"),
                                       EndsWith("\nok 1 - deb:6.1 # SKIP inconclusive\n")));
}

TEST(Ktap, AMatrixThatWasCutShortIsNoSuccess) {
    Matrix matrix = build::runs(kStock, 0, 1);
    matrix.planned = 3;
    EXPECT_THAT(ktap_of(matrix),
                AllOf(HasSubstr("\n1..2\n"),
                      EndsWith("\nok 1 - deb:6.1\n"
                               "not ok 2 - matrix is complete # ERROR cut short, 2 runs are missing\n")));
}

TEST(Ktap, NothingFromOutsideCanBeTakenForAResult) {
    Matrix matrix;
    build::add(matrix, build::cell({"deb:6.1#1", "x # SKIP", ""}, Verdict::error, "a\nok 7 - b # TODO\r\x1b[0m"));
    const std::string text = ktap_of(matrix);
    EXPECT_THAT(text, AllOf(HasSubstr("  not ok 1 - x _ SKIP, run 1 # ERROR a ok 7 - b _ TODO"),
                            HasSubstr("\n  # error: a ok 7 - b # TODO"), Not(HasSubstr("\nok 7"))));
    EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r")), HasSubstr("\nnot ok 1 - deb:6.1_1 # ERROR")));
}

/// tools/testing/kunit/kunit_parser.py searches its marks of an end anywhere in a line.
TEST(Ktap, WhatAKernelSaidEndsNoReading) {
    for (const char* mark : {"List of all partitions:", "Kernel panic - not syncing: VFS:", "reboot: System halted"}) {
        Matrix matrix;
        build::add(matrix, build::cell(kStock, Verdict::error, fmt::format("the guest said: {} x", mark)));
        const std::string text = ktap_of(matrix);
        EXPECT_THAT(text, AllOf(Not(HasSubstr(mark)), HasSubstr("the guest said: "))) << mark;
    }
    Matrix matrix;
    build::add(matrix, build::cell({"Subtest: x", "kvm-2011", ""}, Verdict::clean));
    EXPECT_THAT(ktap_of(matrix), AllOf(HasSubstr("\n  # Subtest:  Subtest: x\n  # kernel:  Subtest: x"),
                                       Not(HasSubstr("# Subtest: x"))));
}

TEST(Ktap, WithoutNestingAllTestsStandInARow) {
    Matrix matrix;
    matrix.tool = {"0.1.0", "3f2c9d1a7be4"};
    build::add(matrix, build::cell(kStock, Verdict::clean, "all seen"));
    build::add(matrix, build::cell(kPlanted, Verdict::hang, "owns it"));
    matrix.planned = 3;
    EXPECT_EQ(render_ktap(test_results(matrix, std::vector<Evidence>(2)), Nesting::none),
              "TAP version 13\n"
              "# blkhang 0.1.0 (3f2c9d1a7be4)\n"
              "1..3\n"
              "# kernel: deb:6.1 (linux-image-cloud-amd64 6.1.192-2): 6.1.0-52-cloud-amd64\n"
              "# clean: all seen\n"
              "# trials: 50\n"
              "ok 1 - deb:6.1 kvm-2011, run 1\n"
              "# hang: owns it\n"
              "# trials: 50\n"
              "ok 2 - deb:6.1 kvm-2011 with sync-alloc planted, run 2 # XFAIL hang: owns it\n"
              "not ok 3 - matrix is complete # ERROR cut short, 1 run is missing\n");
}

}  // namespace
}  // namespace blkhang
