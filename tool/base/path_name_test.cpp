// SPDX-License-Identifier: GPL-2.0-only
#include "base/path_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(PathName, TakesWhatKernelsAndPackagesAreCalled) {
    for (const char* name : {"6.1.0-56-cloud-amd64", "7.3~rc1+deb14-amd64", "linux-image-6.1.0-43-cloud-amd64",
                             "6.12.57-1~bpo12+1", "3.18.0-UPSTREAM_x", "virtio_blk.ko.xz", "a"}) {
        EXPECT_TRUE(is_path_name(name)) << name;
    }
}

TEST(PathName, RefusesWhatLeadsElsewhere) {
    using namespace std::string_view_literals;
    for (const auto name :
         {""sv, "."sv, ".."sv, "../x"sv, "a/b"sv, "/etc"sv, "a/../b"sv, ".hidden"sv, "-rf"sv, "a b"sv, "a\0b"sv,
          "a\nb"sv, "a\x1b[2J"sv, "\xc3\xa4"sv, "a'b"sv, "a,b"sv, "a:b"sv, "a\\b"sv, "a$b"sv}) {
        EXPECT_FALSE(is_path_name(name)) << name;
    }
}

TEST(PathName, RefusesWhatIsTooLongForAFileSystem) {
    EXPECT_TRUE(is_path_name(std::string(kLongestPathName, 'a')));
    EXPECT_FALSE(is_path_name(std::string(kLongestPathName + 1, 'a')));
    EXPECT_TRUE(is_path_name(std::string(kLongestPathName + 1, 'a'), kLongestPathName + 1));
}

TEST(PathName, DashesStandForWhatANameIsNotMadeOf) {
    EXPECT_EQ(dashed("deb:6.1", "."), "deb-6.1");
    EXPECT_EQ(dashed("a_b/../c", "."), "a-b-..-c");
    EXPECT_EQ(dashed("a_b", "._"), "a_b");
    EXPECT_EQ(dashed("\xc3\xa4", "."), "--");
    EXPECT_EQ(dashed("", "."), "");
}

TEST(PathName, TheErrorShowsTheNameWithoutObeyingIt) {
    const auto status = check_path_name("../\x1b[2J" + std::string(5000, 'x'), "the release", Fault::usage);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().fault(), Fault::usage);
    EXPECT_THAT(status.error().message(), AllOf(HasSubstr("the release is '../\uFFFD[2Jxxx"), Not(HasSubstr("\x1b"))));
    EXPECT_LT(status.error().message().size(), 250U);
    EXPECT_TRUE(check_path_name("6.1", "the release", Fault::usage));
}

}  // namespace
}  // namespace blkhang
