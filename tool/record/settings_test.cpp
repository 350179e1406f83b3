// SPDX-License-Identifier: GPL-2.0-only
#include "record/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/fields.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"

namespace blkhang {
namespace {

TEST(Settings, AreTheValuesOfTheProfileByKey) {
    const Settings settings = settings_of(load_profile("elv-switch").value());
    EXPECT_EQ(settings.at("guest.memory"), "256MiB");
    EXPECT_EQ(settings.at("probe.enabled"), "true");
    EXPECT_EQ(settings.at("trigger.1.phase"), "load");
    EXPECT_FALSE(settings.contains("description"));
}

TEST(Settings, EveryOneThatSetChangesChangesTheDigest) {
    const Profile shipped = load_profile("elv-switch").value();
    const std::string digest = digest_of(settings_of(shipped));
    EXPECT_EQ(digest.size(), 32U);
    for (const char* set : {"duration=61s", "cgroup.version=1", "guest.cpus=3", "probe.tier=kprobe", "swap.disks=3",
                            "coverage.trials=1", "percpu.churners=0"}) {
        Profile other = shipped;
        ASSERT_TRUE(set_field(other, set)) << set;
        EXPECT_NE(digest_of(settings_of(other)), digest) << set;
    }
    Profile other = shipped;
    other.triggers.at(0).every *= 2;
    EXPECT_NE(digest_of(settings_of(other)), digest);
}

TEST(Settings, WhatOnlyDescribesTheProfileDoesNot) {
    const Profile shipped = load_profile("elv-switch").value();
    Profile other = shipped;
    other.summary = "another";
    other.description += " and more";
    EXPECT_EQ(digest_of(settings_of(other)), digest_of(settings_of(shipped)));
}

TEST(Settings, AreThoseOfTheProfileThatTheRecordHolds) {
    for (const std::string& name : shipped_profiles()) {
        const Profile profile = load_profile(name).value();
        EXPECT_EQ(settings_of(parse_profile(to_toml(profile), "profile.toml").value()), settings_of(profile)) << name;
    }
}

/// As anybody can recompute it: python3 -c 'import uuid;
/// print(uuid.uuid5(uuid.UUID("6f2d8e5c-3c0b-5d5e-9a55-1f0c8f7b2011"), "a=1\nb=2\n"))'
TEST(Digest, StaysTheSame) { EXPECT_EQ(digest_of({{"a", "1"}, {"b", "2"}}), "eb7b8b5bc9aa50298a33fd9b890a82f7"); }

}  // namespace
}  // namespace blkhang
