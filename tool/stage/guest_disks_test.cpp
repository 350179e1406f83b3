// SPDX-License-Identifier: GPL-2.0-only
#include "stage/guest_disks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace blkhang {
namespace {

TEST(GuestDisks, DataFirstThenTheSwapDisks) {
    Profile profile;
    profile.swap.disks = 2;
    profile.swap.size = 7;
    profile.guest.data_disk = 9;
    const auto disks = guest_disks(profile);
    EXPECT_EQ(disks.data, "vda");
    EXPECT_EQ(disks.swap, (std::vector<std::string>{"vdb", "vdc"}));
    EXPECT_EQ(disks.sizes, (std::vector<std::uint64_t>{9, 7, 7}));
}

TEST(GuestDisks, SpareOnesFollow) {
    Profile profile;
    profile.swap.size = 7;
    profile.swap.spare = 2;
    profile.guest.data_disk = 9;
    const auto disks = guest_disks(profile);
    EXPECT_EQ(disks.swap, (std::vector<std::string>{"vdb"}));
    EXPECT_EQ(disks.spare, (std::vector<std::string>{"vdc", "vdd"}));
    EXPECT_EQ(disks.sizes, (std::vector<std::uint64_t>{9, 7, 7, 7}));
}

TEST(GuestDisks, NullBlkIsMadeInTheGuest) {
    Profile profile;
    profile.swap.device = SwapKind::null_blk;
    profile.guest.data_disk = 9;
    const auto disks = guest_disks(profile);
    EXPECT_EQ(disks.swap, (std::vector<std::string>{"nullb1"}));
    EXPECT_EQ(disks.sizes, (std::vector<std::uint64_t>{9}));
}

TEST(GuestDisks, NbdIsServedFromAVirtioDisk) {
    Profile profile;
    profile.swap.device = SwapKind::nbd;
    profile.swap.size = 7;
    profile.swap.spare = 1;
    profile.guest.data_disk = 9;
    const auto disks = guest_disks(profile);
    EXPECT_EQ(disks.swap, (std::vector<std::string>{"nbd0"}));
    EXPECT_EQ(disks.behind_swap, (std::vector<std::string>{"vdb"}));
    EXPECT_EQ(disks.spare, (std::vector<std::string>{"vdc"}));
    EXPECT_EQ(disks.sizes, (std::vector<std::uint64_t>{9, 7, 7}));
}

}  // namespace
}  // namespace blkhang
