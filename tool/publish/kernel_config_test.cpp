// SPDX-License-Identifier: GPL-2.0-only
#include "publish/kernel_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(KernelConfig, OneThatTheBuildWroteGoesOutWithoutNames) {
    const auto config =
        config_to_attach("#\n# Linux/x86 6.1.0 Kernel Configuration\n#\nCONFIG_SWAP=y\n# CONFIG_BPF is not set\n\n");
    ASSERT_TRUE(config);
    EXPECT_THAT(*config, HasSubstr("CONFIG_SWAP=y\n# CONFIG_BPF is not set\n"));
    const auto named = config_to_attach("CONFIG_BUILD_SALT=\"root@192.168.7.9\"\n");
    ASSERT_TRUE(named);
    EXPECT_EQ(named->find("192.168.7.9"), std::string::npos);
}

TEST(KernelConfig, NothingElseDoes) {
    for (const char* const text : {"", "password=x\n", "CONFIG_SWAP=y\n#regzbot introduced: v6.1\n", "\x1f\x8b\x08",
                                   "CONFIG_SWAP=y\nTo: somebody\n"}) {
        EXPECT_FALSE(config_to_attach(text)) << text;
    }
    const auto dir = TempDir::make("kernel-config-test").value();
    const auto file = dir.path() / "config.gz";
    ASSERT_TRUE(write_file(file, "\x1f\x8b\x08"));
    const auto refused = config_in_file(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr("config.gz is no kernel configuration"));
    EXPECT_FALSE(config_in_file(dir.path() / "missing"));
}

}  // namespace
}  // namespace blkhang
