// SPDX-License-Identifier: GPL-2.0-only
#include "lab/plant_names.h"

#include <gmock/gmock.h>

namespace blkhang {
namespace {

TEST(PlantNames, AreThoseOfTheSources) {
    EXPECT_THAT(plant_names(), testing::UnorderedElementsAre("frozen-alloc", "sync-alloc", "worker-alloc"));
}

TEST(PlantNames, AnUnknownOneIsTheUsersMistake) {
    EXPECT_TRUE(check_plant_name("sync-alloc"));
    EXPECT_TRUE(check_plant_name("none", {"none"}));
    const auto unknown = check_plant_name("sink-alloc", {"none"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("did you mean 'sync-alloc'"));
}

}  // namespace
}  // namespace blkhang
