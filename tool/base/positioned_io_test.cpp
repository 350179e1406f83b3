// SPDX-License-Identifier: GPL-2.0-only
#include "base/positioned_io.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

class PositionedIoTest : public testing::Test {
protected:
    [[nodiscard]] Fd open(int flags) const {
        return Fd(::open((dir_.path() / "file").c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
    }

    TempDir dir_ = TempDir::make("positioned-io-test").value();
};

TEST_F(PositionedIoTest, BytesStandWhereItWasSaidAndTheOffsetStays) {
    const Fd file = open(O_RDWR);
    ASSERT_TRUE(write_at(file.get(), 3, "abc"));
    EXPECT_EQ(read_at(file.get(), 2, 4).value(), std::string("\0abc", 4));
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 0);
}

TEST_F(PositionedIoTest, AFileThatIsTooShortIsSaidWithThePlace) {
    const Fd file = open(O_RDWR);
    ASSERT_TRUE(write_at(file.get(), 0, "abc"));
    const auto read = read_at(file.get(), 1, 4);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault(), Fault::broken);
    EXPECT_THAT(read.error().message(), HasSubstr("it ends at 3"));
}

TEST_F(PositionedIoTest, WhatCannotBeWrittenIsSaidWithThePlace) {
    const auto written = write_at(open(O_RDONLY).get(), 7, "abc");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message(), HasSubstr("writing at 7"));
}

}  // namespace
}  // namespace blkhang
