// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_config.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(KernelConfig, PicksWhatMatters) {
    const auto options = relevant_options(
        "# CONFIG_BLK_CGROUP_IOLATENCY is not set\nCONFIG_MEMCG=y\nCONFIG_MEMCG_KMEM=y\nCONFIG_IOSCHED_BFQ=m\n"
        "CONFIG_HZ=250");
    EXPECT_EQ(options.at("CONFIG_MEMCG"), "y");
    EXPECT_EQ(options.at("CONFIG_IOSCHED_BFQ"), "m");
    EXPECT_EQ(options.at("CONFIG_HZ"), "250");
    EXPECT_EQ(options.at("CONFIG_BLK_CGROUP_IOLATENCY"), "n");
    EXPECT_EQ(options.at("CONFIG_LOCKDEP"), "n") << "left out";
    EXPECT_FALSE(options.contains("CONFIG_MEMCG_KMEM"));
    EXPECT_FALSE(options.contains("CONFIG_CC_VERSION_TEXT")) << "not known is not the same as unset";
}

TEST(KernelConfig, TheCompilerIsTold) {
    EXPECT_EQ(
        relevant_options("CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n").at("CONFIG_CC_VERSION_TEXT"),
        "gcc-12 (Debian 12.2.0-14) 12.2.0");
}

TEST(KernelConfig, IsFoundBesideTheImageOrInTheBuildTree) {
    const auto dir = TempDir::make("kernel-config-test").value();
    Kernel kernel{"1.2.3", "test", dir.path() / "boot/vmlinuz-1.2.3", dir.path() / "none", dir.path(), {}, ""};
    EXPECT_TRUE(relevant_config(kernel).empty());
    ASSERT_TRUE(write_file(dir.path() / ".config", "CONFIG_SWAP=y\n"));
    EXPECT_EQ(relevant_config(kernel).at("CONFIG_SWAP"), "y");
    std::filesystem::create_directories(dir.path() / "boot");
    ASSERT_TRUE(write_file(dir.path() / "boot/config-1.2.3", "CONFIG_SWAP=n\n"));
    EXPECT_EQ(relevant_config(kernel).at("CONFIG_SWAP"), "n");
}

TEST(KernelConfig, BesideAStrangersImageNothingIsReadOverALinkOrWithoutEnd) {
    const auto dir = TempDir::make("kernel-config-test").value();
    std::filesystem::create_directories(dir.path() / "sent");
    const Kernel kernel{"1.2.3", "test", dir.path() / "sent/bzImage", {}, {}, {}, ""};
    ASSERT_TRUE(write_file(dir.path() / "secret", "CONFIG_SWAP=y\n"));
    std::filesystem::create_symlink("../secret", dir.path() / "sent/config-1.2.3");
    EXPECT_TRUE(relevant_config(kernel).empty());
    ASSERT_TRUE(write_file(dir.path() / "sent/config", "CONFIG_SWAP=y\n" + std::string(2U << 20U, '#')));
    EXPECT_TRUE(relevant_config(kernel).empty());
    ASSERT_TRUE(
        write_file(dir.path() / "sent/config", "CONFIG_SWAP=\x1b[2J\nCONFIG_HZ=" + std::string(500'000, '9') + "\n"));
    EXPECT_EQ(relevant_config(kernel).at("CONFIG_SWAP"), "\uFFFD[2J");
    EXPECT_EQ(relevant_config(kernel).at("CONFIG_HZ").size(), 64U);
}

}  // namespace
}  // namespace blkhang
