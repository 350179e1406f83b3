// SPDX-License-Identifier: GPL-2.0-only
#include "profile/shipped.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "profile/profile_toml.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

TEST(Shipped, EveryProfileLoadsUnderItsOwnNameAndDemandsTrials) {
    EXPECT_THAT(shipped_profiles(), Contains("kvm-2011"));
    for (const std::string& name : shipped_profiles()) {
        const auto profile = load_profile(name);
        ASSERT_TRUE(profile) << profile.error().message();
        EXPECT_EQ(profile->name, name);
        EXPECT_FALSE(profile->description.empty()) << name;
        EXPECT_GT(profile->coverage.count("trials"), 0U) << name;
    }
}

TEST(Shipped, APathLoadsAFile) {
    const TempDir dir = TempDir::make("shipped_test").value();
    const std::string path = (dir.path() / "mine.toml").string();
    Profile mine = load_profile("kvm-2011").value();
    mine.name = "mine";
    ASSERT_TRUE(write_file(path, to_toml(mine)));
    EXPECT_EQ(load_profile(path).value().name, "mine");
    ASSERT_TRUE(write_file(path, "name = 3"));
    EXPECT_THAT(load_profile(path).error().message(), HasSubstr(path + ":1:8: key 'name'"));
}

TEST(Shipped, WhatIsMissingIsTheUsersFaultAndHasANearest) {
    const auto unknown = load_profile("kvm-2012");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(), AllOf(HasSubstr("did you mean 'kvm-2011'?"), HasSubstr("ends in .toml")));
    const auto absent = load_profile("./none.toml");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().fault(), Fault::usage);
    EXPECT_THAT(absent.error().message(), HasSubstr("none.toml: No such file"));
}

}  // namespace
}  // namespace blkhang
