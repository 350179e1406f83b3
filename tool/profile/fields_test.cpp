// SPDX-License-Identifier: GPL-2.0-only
#include "profile/fields.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string setting_error(std::string_view setting) {
    Profile profile;
    const Status status = set_field(profile, setting);
    if (status) {
        ADD_FAILURE() << setting << " was accepted";
        return "";
    }
    EXPECT_EQ(status.error().fault(), Fault::usage) << setting;
    return status.error().message();
}

TEST(Fields, KeysAreUniqueAndDocumented) {
    std::set<std::string> keys;
    for (const Field& field : fields()) {
        EXPECT_TRUE(keys.insert(field.key).second) << field.key;
        EXPECT_FALSE(field.help.empty()) << field.key;
        EXPECT_FALSE(field.expects.empty()) << field.key;
        EXPECT_EQ(find_field(fields(), field.key), &field);
    }
    EXPECT_EQ(find_field(fields(), "churn"), nullptr);
}

/// Whoever adds a member is told by the compiler to count it here, and by this to add its key.
TEST(Fields, EveryMemberOfATriggerHasAKey) {
    [[maybe_unused]] const auto& [name, phase, disk, file, values, every, delay, trials, grows] = Trigger{};
    EXPECT_EQ(trigger_fields().size(), 9U);
}

TEST(Fields, SectionsAreContiguous) {
    std::set<std::string> closed;
    std::string open;
    for (const Field& field : fields()) {
        const std::size_t dot = field.key.rfind('.');
        const std::string section = dot == std::string::npos ? "" : field.key.substr(0, dot);
        if (section != open) {
            closed.insert(open);
            EXPECT_EQ(closed.count(section), 0U) << field.key;
            open = section;
        }
    }
}

TEST(Fields, EveryDefaultIsWithinItsOwnRange) {
    Profile profile;
    for (const Field& field : fields()) {
        const auto value = field.get(profile);
        if (value && !field.required) {
            EXPECT_TRUE(field.set(profile, *value)) << field.key;
            EXPECT_EQ(field.get(profile), value) << field.key;
        }
    }
}

TEST(SetField, EveryKindOfValue) {
    Profile profile;
    for (const char* setting :
         {"duration=2m", "cgroup.version=1", "churn.ring=7", "churn.member_memory=4MiB", "writers.block=8192",
          "writers.mode=buffered", "writers.pattern=sequential", "throttle.swap.write_bytes_per_s=1GiB",
          "throttle.data.read_ios_per_s=4294967295", "percpu.value_size=16KiB", "probe.tier=kprobe",
          "probe.enabled=false", "coverage.trials=30", "guest.modules=bfq,kyber-iosched"}) {
        const Status status = set_field(profile, setting);
        EXPECT_TRUE(status) << setting;
    }
    EXPECT_EQ(profile.duration, std::chrono::seconds(120));
    EXPECT_EQ(profile.cgroup.version, CgroupVersion::v1);
    EXPECT_EQ(profile.churn.ring, 7U);
    EXPECT_EQ(profile.churn.member_memory, 4U << 20);
    EXPECT_EQ(profile.writers.block, 8192U);
    EXPECT_EQ(profile.writers.mode, WriteMode::buffered);
    EXPECT_EQ(profile.writers.pattern, WritePattern::sequential);
    EXPECT_EQ(profile.throttle.swap.write_bytes_per_s, 1U << 30);
    EXPECT_EQ(profile.throttle.data.read_ios_per_s, 4294967295U);
    EXPECT_EQ(profile.percpu.value_size, 16384U);
    EXPECT_EQ(profile.probe.tier, TierChoice::kprobe);
    EXPECT_FALSE(profile.probe.enabled);
    EXPECT_EQ(profile.coverage.at("trials"), 30U);
    EXPECT_EQ(profile.guest.modules, (std::vector<std::string>{"bfq", "kyber-iosched"}));
}

TEST(SetField, WordsTakeTheirWayBackToAutomatic) {
    Profile profile;
    ASSERT_TRUE(set_field(profile, "cgroup.version=2"));
    EXPECT_EQ(profile.cgroup.version, CgroupVersion::v2);
    ASSERT_TRUE(set_field(profile, "cgroup.version=auto"));
    EXPECT_EQ(profile.cgroup.version, CgroupVersion::automatic);
}

TEST(SetField, EveryTierIsChosenByItsName) {
    for (const auto tier : {TierChoice::automatic, TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint}) {
        Profile profile;
        ASSERT_TRUE(set_field(profile, "probe.tier=" + std::string(to_string(tier))));
        EXPECT_EQ(profile.probe.tier, tier);
    }
    EXPECT_EQ(to_string(TierChoice::automatic), "auto");
    EXPECT_EQ(to_string(TierChoice::tracepoint), "tracepoint");
}

TEST(SetField, RefusesAndChangesNothing) {
    Profile profile;
    profile.churn.ring = 5;
    for (const char* setting : {"churn.ring=0", "churn.ring=10001", "churn.ring=-1", "churn.ring=", "churn.ring= 7",
                                "churn.ring=7x", "churn.ring=true", "churn.ring=99999999999999999999"}) {
        EXPECT_FALSE(set_field(profile, setting)) << setting;
        EXPECT_EQ(profile.churn.ring, 5U) << setting;
    }
    for (const char* setting : {"duration=60", "duration=0s", "duration=1500ms", "duration=25h", "swap.size=1KiB",
                                "guest.memory=256MB", "cgroup.version=3", "writers.mode=", "probe.enabled=1"}) {
        EXPECT_FALSE(set_field(profile, setting)) << setting;
    }
}

TEST(SetField, ErrorsSayWhatWasExpected) {
    EXPECT_THAT(setting_error("churn.ring=0"), AllOf(HasSubstr("--set churn.ring=0"), HasSubstr("from 1 to 10000")));
    EXPECT_THAT(setting_error("cgroup.version=3"), HasSubstr("one of auto, 1, 2"));
    EXPECT_THAT(setting_error("churn.rng=3"), HasSubstr("did you mean 'churn.ring'?"));
    EXPECT_THAT(setting_error("coverage.trails=3"), HasSubstr("did you mean 'coverage.trials'?"));
    EXPECT_THAT(setting_error("churn.ring"), HasSubstr("expected key=value"));
    EXPECT_THAT(setting_error("name=other"), HasSubstr("which profile this is"));
}

}  // namespace
}  // namespace blkhang
