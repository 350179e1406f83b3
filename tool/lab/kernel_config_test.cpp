// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_config.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(KernelConfig, IsFoundBesideTheImageOrInTheBuildTree) {
    const auto dir = TempDir::make("kernel-config-test").value();
    Kernel kernel{"1.2.3", "test", dir.path() / "boot/vmlinuz-1.2.3", dir.path() / "none", dir.path(), {}, ""};
    EXPECT_TRUE(config_of(kernel).empty());
    ASSERT_TRUE(write_file(dir.path() / ".config", "CONFIG_SWAP=y\n"));
    EXPECT_EQ(config_of(kernel), "CONFIG_SWAP=y\n");
    std::filesystem::create_directories(dir.path() / "boot");
    ASSERT_TRUE(write_file(dir.path() / "boot/config-1.2.3", "CONFIG_SWAP=n\n"));
    EXPECT_EQ(config_of(kernel), "CONFIG_SWAP=n\n");
}

TEST(KernelConfig, BesideAStrangersImageNothingIsReadOverALinkOrWithoutEnd) {
    const auto dir = TempDir::make("kernel-config-test").value();
    std::filesystem::create_directories(dir.path() / "sent");
    const Kernel kernel{"1.2.3", "test", dir.path() / "sent/bzImage", {}, {}, {}, ""};
    ASSERT_TRUE(write_file(dir.path() / "secret", "CONFIG_SWAP=y\n"));
    std::filesystem::create_symlink("../secret", dir.path() / "sent/config-1.2.3");
    EXPECT_TRUE(config_of(kernel).empty());
    ASSERT_TRUE(write_file(dir.path() / "sent/config", "CONFIG_SWAP=y\n" + std::string(2U << 20U, '#')));
    EXPECT_TRUE(config_of(kernel).empty());
}

}  // namespace
}  // namespace blkhang
