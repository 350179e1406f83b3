// SPDX-License-Identifier: GPL-2.0-only
#include "guest/plan_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "profile/profile_toml.h"
#include "profile/resolve.h"
#include "record/json.h"

namespace blkhang {
namespace {

const PlanRows kRows{{"disks", "vda"}, {"refused", "one \"reason\""}, {"refused", "another"}};

TEST(PlanRows, AsTextAreAProfileWithComments) {
    const Profile profile = resolve_profile("elv-switch", {}).value();
    EXPECT_THAT(plan_text(kRows, profile),
                testing::StartsWith("# disks:    vda\n# refused:  one \"reason\"\n# refused:  another\nname = "));
}

TEST(PlanRows, AsJsonAreListsByName) {
    const Profile profile = resolve_profile("elv-switch", {}).value();
    const Json json = parse_json(plan_json(kRows, profile));
    ASSERT_FALSE(json.is_discarded());
    EXPECT_EQ(json["refused"], Json({"one \"reason\"", "another"}));
    EXPECT_EQ(json["profile_toml"], to_toml(profile));
}

}  // namespace
}  // namespace blkhang
