// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/time_limit.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using std::chrono::seconds;

TEST(TimeLimitTest, FilesTakeTheTimeToFillThem) {
    HostRunRequest request;
    request.disks = NullDisks{};
    Profile profile;
    profile.swap.disks = 3;
    profile.swap.spare = 1;
    profile.swap.size = std::uint64_t{16} << 30U;
    profile.guest.data_disk = std::uint64_t{1} << 30U;
    const auto in_memory = time_limit(request, profile);
    EXPECT_GT(in_memory, profile.duration + profile.patience);
    request.disks = FileDisks{"/srv"};
    EXPECT_EQ(time_limit(request, profile) - in_memory, seconds(65 * 32)) << "65 GiB";
}

TEST(TimeLimitTest, AResetTakesTimeBeyondWhatWasAskedFor) {
    HostRunRequest request;
    request.disks = FileDisks{"/srv"};
    request.deadline = seconds(100);
    EXPECT_EQ(time_limit(request, {}), seconds(100));
    request.watchdog = "/dev/watchdog0";
    request.give_up = std::chrono::milliseconds(1500);
    EXPECT_EQ(time_limit(request, {}), seconds(100 + 2 + 60));
}

}  // namespace
}  // namespace blkhang
