// SPDX-License-Identifier: GPL-2.0-only
#include "profile/plants.h"

#include <gmock/gmock.h>

#include "profile/shipped.h"

namespace blkhang {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST(Plants, AreThoseOfTheSources) {
    EXPECT_THAT(plant_names(), testing::IsSupersetOf({"frozen-alloc", "sync-alloc", "worker-alloc"}));
}

TEST(Plants, EachSaysWhatIsExpectedOfIt) {
    for (const auto& plant : plants()) {
        EXPECT_THAT(plant.expected, AnyOf("hang", "clean")) << "MODULE_INFO(blkhang_expect, ..) of " << plant.name;
    }
}

TEST(Plants, BugsMustHangAndControlsMustNot) {
    EXPECT_TRUE(is_to_hang("sync-alloc"));
    EXPECT_TRUE(is_to_hang("frozen-alloc"));
    EXPECT_FALSE(is_to_hang("worker-alloc"));
    EXPECT_FALSE(is_to_hang("sink-alloc"));
    EXPECT_FALSE(is_to_hang(""));
    EXPECT_THAT(plants_in_words(), ContainsRegex("sync-alloc.* \\(must hang\\), .*worker-alloc.* \\(must not\\)"));
}

TEST(Plants, ProfilesAreCalibratedWithWhatMustHang) {
    for (const auto& name : shipped_profiles()) {
        const auto profile = load_profile(name);
        ASSERT_TRUE(profile) << name;
        EXPECT_TRUE(is_to_hang(profile->calibrate)) << name << ": " << profile->calibrate;
    }
}

TEST(Plants, AnUnknownOneIsTheUsersMistake) {
    EXPECT_TRUE(check_plant_name("sync-alloc"));
    EXPECT_TRUE(check_plant_name("none", {"none"}));
    const auto unknown = check_plant_name("sink-alloc", {"none"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(), HasSubstr("did you mean 'sync-alloc'"));
}

}  // namespace
}  // namespace blkhang
