// SPDX-License-Identifier: GPL-2.0-only
#include "record/run_identity.h"

#include <gtest/gtest.h>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

TEST(RunIdentity, IsOfTheRunAndNotOfItsPlaceInAMatrix) {
    const CellResult run = build::cell(build::kStock, Verdict::clean);
    CellResult other = run;
    other.id = "cell-7";
    other.repeat = 7;
    EXPECT_EQ(identity_of(other), identity_of(run));
    other.total_s += 0.001;
    EXPECT_NE(identity_of(other), identity_of(run));
    other = run;
    other.load["bytes_written"] += 1;
    EXPECT_NE(identity_of(other), identity_of(run));
    other = run;
    other.subject.plant = "sync-alloc";
    EXPECT_NE(identity_of(other), identity_of(run));
}

TEST(RunIdentity, IsUnknownOfARunWithoutATime) {
    CellResult run = build::cell(build::kStock, Verdict::error);
    run.started = "";
    EXPECT_EQ(identity_of(run), "");
}

}  // namespace
}  // namespace blkhang
