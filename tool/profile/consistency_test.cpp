// SPDX-License-Identifier: GPL-2.0-only
#include "profile/consistency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(Consistency, DefaultsHold) { EXPECT_TRUE(check_consistency(Profile{})); }

TEST(Consistency, NamesEveryContradiction) {
    Profile profile;
    profile.name = "odd";
    profile.writers.count = 1000;
    profile.writers.block = 4097;
    profile.pressure.vm = 1;
    profile.guest.cpus = 4;
    profile.guest.possible_cpus = 2;
    profile.guest.data_disk = (64U << 20) + 1;
    profile.swap.size = (64U << 20) + 1;
    const Status status = check_consistency(profile);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().fault(), Fault::usage);
    for (const char* problem :
         {"profile 'odd'", "writers.block (4097)", "writers.span (16MiB)", "1000 writers of 16MiB",
          "set both or neither", "guest.possible_cpus (2)", "guest.data_disk (67108865)", "swap.size (67108865)"}) {
        EXPECT_THAT(status.error().message(), HasSubstr(problem));
    }
}

TEST(Consistency, WritersMayFillTheDiskExactly) {
    Profile profile;
    profile.writers.count = 64;
    profile.writers.span = 1U << 20;
    profile.guest.data_disk = 64U << 20;
    EXPECT_TRUE(check_consistency(profile));
    profile.writers.count = 65;
    EXPECT_FALSE(check_consistency(profile));
}

TEST(Consistency, AGuestHasRoomForSoManyDisks) {
    Profile profile;
    profile.swap.disks = 8;
    profile.swap.spare = 16;
    EXPECT_TRUE(check_consistency(profile));
    profile.swap.disks = 9;
    const Status status = check_consistency(profile);
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message(), HasSubstr("9 swap disks and 16 spare ones"));
}

}  // namespace
}  // namespace blkhang
