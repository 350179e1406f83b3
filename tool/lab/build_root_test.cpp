// SPDX-License-Identifier: GPL-2.0-only
#include "lab/build_root.h"

#include <gmock/gmock.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(ConfiguredGcc, IsTheMajorVersion) {
    EXPECT_EQ(configured_gcc("CONFIG_CC_IS_GCC=y\nCONFIG_GCC_VERSION=140200\nCONFIG_CLANG_VERSION=0\n"), 14);
    EXPECT_EQ(configured_gcc("CONFIG_GCC_VERSION=90300\n"), 9);
    EXPECT_EQ(configured_gcc("CONFIG_CC_IS_CLANG=y\n"), 0);
}

TEST(BaseSuite, IsTheReleaseThatASuiteAddsTo) {
    EXPECT_EQ(base_suite("trixie-backports"), "trixie");
    EXPECT_EQ(base_suite("bookworm-security"), "bookworm");
    EXPECT_EQ(base_suite("forky"), "forky");
}

class WhyNotHereTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(tree_ / "tools/objtool");
        config("CONFIG_GCC_VERSION=40900\n");
    }
    void config(const std::string& text) { ASSERT_TRUE(write_file(tree_ / ".config", text)); }
    void objtool(const std::string& script) {
        const fs::path program = tree_ / "tools/objtool/objtool";
        ASSERT_TRUE(write_file(program, "#!/bin/sh\n" + script));
        fs::permissions(program, fs::perms::owner_all);
    }
    TempDir tree_dir_ = TempDir::make("build-root-test").value();
    fs::path tree_ = tree_dir_.path();
};

TEST_F(WhyNotHereTest, AnOlderKernelsCompilerIsNoObstacle) {
    objtool("echo usage >&2; exit 129");
    EXPECT_EQ(why_not_here(tree_), std::nullopt);
}

TEST_F(WhyNotHereTest, TreesWithoutToolsOfTheirOwnAreLeftToMake) { EXPECT_EQ(why_not_here(tree_), std::nullopt); }

TEST_F(WhyNotHereTest, NewerCompilerIsAReason) {
    config("CONFIG_GCC_VERSION=990100\n");
    EXPECT_THAT(why_not_here(tree_).value_or(""), HasSubstr("older than the kernel's gcc 99"));
}

TEST_F(WhyNotHereTest, ToolForANewerLibraryIsAReason) {
    objtool("echo \"$0: libc.so.6: version 'GLIBC_2.99' not found (required by $0)\" >&2; exit 1");
    EXPECT_THAT(why_not_here(tree_).value_or(""), HasSubstr("GLIBC_2.99"));
}

}  // namespace
}  // namespace blkhang
