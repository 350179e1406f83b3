// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/judge.h"

namespace blkhang {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

const Demands kDemands{.coverage = {{"trials", 4}, {"owner_bios", 30}},
                       .where = {{"throttle_on_demand", "yes", {{"queue_freezes", 4}, {"owner_bios", 20}}}}};

TEST(CoverageFor, HoldsWhereTheFingerprintHasTheValue) {
    EXPECT_THAT(coverage_for(kDemands, {{"throttle_on_demand", "yes"}}),
                UnorderedElementsAre(Pair("trials", 4), Pair("owner_bios", 30), Pair("queue_freezes", 4)));
    EXPECT_EQ(coverage_for(kDemands, {{"throttle_on_demand", "no"}}), kDemands.coverage);
}

TEST(CoverageFor, WhatIsNotKnownOfAKernelExcusesNothing) {
    EXPECT_EQ(coverage_for(kDemands, {{"freeze_noio", "no"}}).at("queue_freezes"), 4U);
}

}  // namespace
}  // namespace blkhang
