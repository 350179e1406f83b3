// SPDX-License-Identifier: GPL-2.0-only
#include "base/line_page.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "base/fd.h"

namespace blkhang {
namespace {

class LinePage : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(file_.valid());
        ASSERT_EQ(::ftruncate(file_.get(), kLinePageSize), 0);
        page_ = ::mmap(nullptr, kLinePageSize, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
        ASSERT_NE(page_, MAP_FAILED);
    }
    void TearDown() override { ::munmap(page_, kLinePageSize); }
    void claim_length(std::uint32_t length) { std::memcpy(page_, &length, sizeof length); }

    Fd file_{::memfd_create("line-page-test", MFD_CLOEXEC)};
    void* page_ = nullptr;
};

TEST_F(LinePage, WhatIsPutIsGot) {
    EXPECT_FALSE(get_line(file_.get()));
    EXPECT_TRUE(put_line(page_, R"({"t":"proof"})"));
    EXPECT_EQ(get_line(file_.get()), R"({"t":"proof"})");
}

TEST_F(LinePage, ALineThatFillsIt) {
    const std::string line(kLinePageSize - 4, 'x');
    EXPECT_TRUE(put_line(page_, line));
    EXPECT_EQ(get_line(file_.get()), line);
}

TEST_F(LinePage, ALineThatDoesNotFitLeavesNothing) {
    EXPECT_FALSE(put_line(page_, std::string(kLinePageSize - 3, 'x')));
    EXPECT_FALSE(get_line(file_.get()));
}

TEST_F(LinePage, ALengthThatIsNoLengthIsNotBelieved) {
    for (const std::uint32_t length : {0U, 4093U, 4096U, 0x80000000U, 0xffffffffU}) {
        claim_length(length);
        EXPECT_FALSE(get_line(file_.get())) << length;
    }
}

TEST_F(LinePage, AFileThatWasCutHasNoLine) {
    ASSERT_TRUE(put_line(page_, "proof"));
    ASSERT_EQ(::ftruncate(file_.get(), 6), 0);
    EXPECT_FALSE(get_line(file_.get()));
    ASSERT_EQ(::ftruncate(file_.get(), 0), 0);
    EXPECT_FALSE(get_line(file_.get()));
}

}  // namespace
}  // namespace blkhang
