// SPDX-License-Identifier: GPL-2.0-only
#include "machine/build_config.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

class BuildConfig : public FakeHost {};

TEST_F(BuildConfig, FromTheKernelElseFromItsPackage) {
    HostReader host = reader();
    EXPECT_EQ(read_build_config(host, "6.1.0"), "");
    put("boot/config-6.1.0", "CONFIG_SWAP=y\n");
    put("boot/config-6.12.0", "# CONFIG_SWAP is not set\n");
    EXPECT_EQ(read_build_config(host, "6.1.0"), "CONFIG_SWAP=y");
    put_directory("proc");
    const gzFile file = ::gzopen(at("proc/config.gz").c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ::gzputs(file, "CONFIG_MEMCG=y\n");
    ::gzclose(file);
    EXPECT_EQ(read_build_config(host, "6.1.0"), "CONFIG_MEMCG=y\n");
}

TEST(RelevantOptions, PicksWhatMatters) {
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

TEST(RelevantOptions, WithoutAConfigurationNothingIsKnownOfAnyOption) { EXPECT_TRUE(relevant_options("").empty()); }

TEST(RelevantOptions, WhatAStrangerWroteIsMadePrintableAndShort) {
    const auto options = relevant_options("CONFIG_SWAP=\x1b[2J\nCONFIG_HZ=" + std::string(500'000, '9') + "\n");
    EXPECT_EQ(options.at("CONFIG_SWAP"), "\uFFFD[2J");
    EXPECT_EQ(options.at("CONFIG_HZ").size(), 64U);
}

TEST(RelevantOptions, TheCompilerIsTold) {
    EXPECT_EQ(
        relevant_options("CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14) 12.2.0\"\n").at("CONFIG_CC_VERSION_TEXT"),
        "gcc-12 (Debian 12.2.0-14) 12.2.0");
}

}  // namespace
}  // namespace blkhang
