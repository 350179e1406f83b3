// SPDX-License-Identifier: GPL-2.0-only
#include "base/regular_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(RegularFile, IsReadOverLinks) {
    const TempDir home = TempDir::make("regular-file-").value();
    ASSERT_TRUE(write_file(home.path() / "file", "here"));
    std::filesystem::create_symlink("file", home.path() / "link");
    EXPECT_EQ(read_regular(home.path() / "link", 4).value(), "here");
    EXPECT_TRUE(open_regular(home.path() / "file"));
}

TEST(RegularFile, WhatIsNoneIsRefusedAndNotWaitedFor) {
    const TempDir home = TempDir::make("regular-file-").value();
    const auto refusal = [](const std::filesystem::path& path) {
        const auto read = read_regular(path, 3);
        EXPECT_TRUE(!read && read.error().fault() == Fault::usage) << path;
        return read ? *read : read.error().message();
    };
    ASSERT_EQ(::mkfifo((home.path() / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(refusal(home.path() / "fifo"), HasSubstr("fifo: expected a regular file, found a FIFO"));
    EXPECT_THAT(refusal("/dev/zero"), HasSubstr("found a device"));
    EXPECT_THAT(refusal(home.path()), HasSubstr("found a directory"));
    EXPECT_THAT(refusal(home.path() / "none"), HasSubstr("none: No such file"));
    ASSERT_TRUE(write_file(home.path() / "file", "here"));
    EXPECT_THAT(refusal(home.path() / "file"), HasSubstr("4 long"));
}

}  // namespace
}  // namespace blkhang
