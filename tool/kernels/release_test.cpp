// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/release.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(KernelVersion, IsWhatAReleaseBeginsWith) {
    EXPECT_EQ(kernel_version("6.1.0-56-cloud-amd64"), (KernelVersion{6, 1}));
    EXPECT_EQ(kernel_version("6.12"), (KernelVersion{6, 12}));
    EXPECT_EQ(kernel_version("7.2-rc1"), (KernelVersion{7, 2}));
    EXPECT_EQ(kernel_version(""), std::nullopt);
    EXPECT_EQ(kernel_version("6"), std::nullopt);
    EXPECT_EQ(kernel_version("linux-6.1"), std::nullopt);
    EXPECT_EQ(kernel_version("99999999999999.1"), std::nullopt);
}

TEST(Releases, AreOrderedByNumbers) {
    const Releases releases{"6.2", "6.17"};
    EXPECT_FALSE(releases.contain({6, 1}));
    EXPECT_TRUE(releases.contain({6, 2}));
    EXPECT_TRUE(releases.contain({6, 16}));
    EXPECT_FALSE(releases.contain({6, 17}));
    EXPECT_FALSE(releases.contain({7, 0}));
    EXPECT_TRUE(Releases{}.contain({2, 6}));
}

}  // namespace
}  // namespace blkhang
