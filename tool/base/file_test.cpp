// SPDX-License-Identifier: GPL-2.0-only
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileTest : public testing::Test {
protected:
    FileTest() : dir_(TempDir::make("file_test").value()) {}
    [[nodiscard]] fs::path at(const char* name) const { return dir_.path() / name; }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_.path()), {}));
    }

private:
    TempDir dir_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
    const std::string content(100'000, 'x');
    ASSERT_TRUE(write_file(at("a"), content));
    EXPECT_EQ(read_file(at("a")).value(), content);
    ASSERT_TRUE(write_file(at("a"), "short"));
    EXPECT_EQ(read_file(at("a")).value(), "short");
}

TEST_F(FileTest, ReadsFilesWhoseSizeIsZero) { EXPECT_THAT(read_file("/proc/self/status").value(), HasSubstr("Pid:")); }

TEST_F(FileTest, RefusesWhatDoesNotFitTheLimit) {
    ASSERT_TRUE(write_file(at("a"), "12345"));
    EXPECT_TRUE(read_file(at("a"), 5));
    const auto result = read_file(at("a"), 4);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message(), HasSubstr("larger than 4 bytes"));
}

TEST_F(FileTest, ErrorsNameThePathAndTheReason) {
    EXPECT_THAT(read_file(at("none")).error().message(), HasSubstr("none: No such file or directory"));
    EXPECT_THAT(read_file(at(".")).error().message(), HasSubstr("Is a directory"));
}

TEST_F(FileTest, KnobIsNeverCreated) {
    EXPECT_FALSE(write_knob(at("knob"), "1"));
    EXPECT_FALSE(fs::exists(at("knob")));
}

TEST_F(FileTest, KnobErrorNamesTheValue) {
    const auto status = write_knob("/dev/full", "8:0 wbps=1");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "writing '8:0 wbps=1' to /dev/full: No space left on device");
}

TEST_F(FileTest, WriteAllReportsAFullDevice) {
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    EXPECT_THAT(write_all(full.get(), "x").error().message(), HasSubstr("No space left"));
}

TEST_F(FileTest, ReplaceLeavesOnlyTheNewContent) {
    ASSERT_TRUE(write_file(at("a"), "old"));
    ASSERT_TRUE(replace_file(at("a"), "new"));
    EXPECT_EQ(read_file(at("a")).value(), "new");
    EXPECT_EQ(entries(), 1U);
    struct stat info {};
    ASSERT_EQ(::stat(at("a").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0644U);
}

TEST_F(FileTest, FailedReplaceKeepsTheOldAndLeavesNoTemporary) {
    ASSERT_TRUE(fs::create_directories(at("a") / "busy"));
    EXPECT_FALSE(replace_file(at("a"), "new"));
    EXPECT_TRUE(fs::is_directory(at("a") / "busy"));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, ReplaceHonoursTheUmaskAndGivesNobodyElseTheRightToWrite) {
    for (const auto& [umask, expected] : {std::pair{0U, 0644U}, {077U, 0600U}}) {
        const mode_t before = ::umask(umask);
        const Status replaced = replace_file(at("a"), "x");
        ::umask(before);
        ASSERT_TRUE(replaced);
        struct stat info {};
        ASSERT_EQ(::stat(at("a").c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, expected);
    }
}

TEST_F(FileTest, WhatCannotBeReachedIsNotThere) {
    EXPECT_TRUE(is_there("/"));
    EXPECT_FALSE(is_there(at("none")));
    EXPECT_FALSE(is_there(std::string(5000, 'x')));
}

TEST_F(FileTest, DirectoriesAreMadeForTheirOwnerWhateverTheUmask) {
    const mode_t before = ::umask(0);
    const Status made = make_directories(at("a") / "b" / "c");
    ::umask(before);
    ASSERT_TRUE(made);
    struct stat info {};
    for (const char* name : {"a", "a/b", "a/b/c"}) {
        ASSERT_EQ(::stat(at(name).c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, 0755U);
    }
    EXPECT_TRUE(make_directories(at("a/b")));
    ASSERT_TRUE(write_file(at("file"), ""));
    EXPECT_FALSE(make_directories(at("file/x")));
    EXPECT_FALSE(make_directories(at("file")));
}

TEST(TempDir, IsRemovedWithItsContentExactlyOnce) {
    fs::path path;
    {
        TempDir first = TempDir::make("moved").value();
        path = first.path();
        ASSERT_TRUE(fs::create_directories(path / "x" / "y"));
        const TempDir second = std::move(first);
        EXPECT_TRUE(fs::exists(path));
    }
    EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace blkhang
