// SPDX-License-Identifier: GPL-2.0-only
#include "guest/record_directory.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(RecordDirectory, FollowsTheXdgRules) {
    EXPECT_EQ(runs_directory("/state", "/home/u"), std::filesystem::path("/state/blkhang/runs"));
    EXPECT_EQ(runs_directory(nullptr, "/home/u"), std::filesystem::path("/home/u/.local/state/blkhang/runs"));
    EXPECT_EQ(runs_directory("", "/home/u"), std::filesystem::path("/home/u/.local/state/blkhang/runs"));
    EXPECT_EQ(runs_directory("relative", "/home/u"), std::filesystem::path("/home/u/.local/state/blkhang/runs"));
    const auto nowhere = runs_directory(nullptr, nullptr);
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().fault(), Fault::usage);
}

TEST(RecordDirectory, NameSaysWhenAndWhat) {
    EXPECT_EQ(record_name(0, {"kvm-2011", "6.1.0-43-cloud-amd64", ""}),
              "19700101T000000Z-kvm-2011-6.1.0-43-cloud-amd64");
    EXPECT_EQ(record_name(86399, {"my profile", "6.1+", "sync-alloc"}), "19700101T235959Z-my-profile-6.1--sync-alloc");
}

}  // namespace
}  // namespace blkhang
