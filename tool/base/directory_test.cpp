// SPDX-License-Identifier: GPL-2.0-only
#include "base/directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "base/file.h"
#include "base/limits.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A stranger's directory, and a secret beside it.
class DirectoryTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(theirs_ / "cells/one");
        ASSERT_TRUE(write_file(theirs_ / "cells/one/record.json", "fine"));
        ASSERT_TRUE(write_file(home_.path() / "secret", "root:x"));
    }
    [[nodiscard]] Directory directory() const { return Directory::open(theirs_).value(); }
    [[nodiscard]] std::string refusal(const fs::path& name) const {
        const auto read = directory().read(name, 100);
        EXPECT_TRUE(!read && read.error().fault() == Fault::usage) << name;
        return read ? *read : read.error().message();
    }

    TempDir home_ = TempDir::make("directory-test").value();
    fs::path theirs_ = home_.path() / "theirs";
};

TEST_F(DirectoryTest, ReadsWhatIsInIt) {
    EXPECT_EQ(directory().read("cells/one/record.json", 4).value(), "fine");
    EXPECT_EQ(directory().below("cells/one").value().read("record.json", 4).value(), "fine");
    EXPECT_TRUE(directory().has("cells/one/record.json"));
    EXPECT_FALSE(directory().has("cells/two/record.json"));
    ASSERT_TRUE(write_file(theirs_ / "record.json", "another"));
    EXPECT_FALSE(directory().has("cells/two/record.json")) << "that of the same name above is another";
    EXPECT_THAT(refusal("none"), HasSubstr("theirs/none: No such file"));
}

TEST_F(DirectoryTest, LinesOfAnyLengthUpToTheLongest) {
    const std::string longest(limits::kLine, 'x');
    std::string text = "first\n";
    std::vector<std::string> expected{"first"};
    for (std::size_t length = limits::kLine; length > 0; length /= 3) {  // where they lie in what is read at once
        text += longest.substr(0, length) + "\n";
        expected.push_back(longest.substr(0, length));
    }
    ASSERT_TRUE(write_file(theirs_ / "log", text));
    std::vector<std::string> lines;
    const auto visit = [&](std::string_view line) { lines.emplace_back(line); };
    ASSERT_TRUE(directory().each_line("log", text.size(), visit));
    EXPECT_EQ(lines, expected);
    for (const char* end : {"", "\n", "\nmore"}) {
        ASSERT_TRUE(write_file(theirs_ / "log", "first\n" + longest + "x" + end));
        lines.clear();
        const Status read = directory().each_line("log", 2 * limits::kLine, visit);
        ASSERT_FALSE(read);
        EXPECT_THAT(read.error().message(), HasSubstr("theirs/log: a line longer than 64KiB"));
        EXPECT_EQ(lines, std::vector<std::string>{"first"});
    }
}

TEST_F(DirectoryTest, ReadsEndsAndLines) {
    ASSERT_TRUE(write_file(theirs_ / "log", "one"));
    EXPECT_EQ(directory().size("log", 3), 3U);
    EXPECT_FALSE(directory().size("log", 2));
    EXPECT_FALSE(directory().size("none", 3));
    ASSERT_TRUE(write_file(theirs_ / "log", "one\n\nthree\nlast"));
    EXPECT_EQ(directory().read_end("log", 100, 6).value(), "e\nlast");
    EXPECT_EQ(directory().read_end("log", 100, 1000).value().size(), 15U);
    std::vector<std::string> lines;
    ASSERT_TRUE(directory().each_line("log", 100, [&](std::string_view line) { lines.emplace_back(line); }));
    EXPECT_THAT(lines, testing::ElementsAre("one", "", "three", "last"));
    for (const auto& refused :
         {directory().read_end("log", 5, 1).map([](const auto&) {}), directory().each_line("log", 5, [](auto) {})}) {
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message(), HasSubstr("no file of this kind is longer than 5"));
    }
}

TEST_F(DirectoryTest, TheWayToItIsTheUsers) {
    fs::create_directory_symlink(theirs_, home_.path() / "link");
    EXPECT_TRUE(Directory::open(home_.path() / "link").value().read("cells/one/record.json", 4));
    EXPECT_FALSE(Directory::open(home_.path() / "none"));
    EXPECT_FALSE(Directory::open(home_.path() / "secret"));
    EXPECT_FALSE(Directory::open(std::string(5000, 'x')));
}

TEST_F(DirectoryTest, NoLinkLeadsOutOfIt) {
    fs::create_symlink("../secret", theirs_ / "file");
    fs::create_symlink("/dev/zero", theirs_ / "absolute");
    fs::create_symlink("nowhere", theirs_ / "dangling");
    fs::create_directory_symlink("..", theirs_ / "up");
    for (const char* name : {"file", "absolute", "dangling"}) {
        EXPECT_THAT(refusal(name), HasSubstr("a link, which may lead anywhere"));
        EXPECT_TRUE(directory().has(name)) << "it is there, to be refused";
    }
    EXPECT_THAT(refusal("up/secret"), HasSubstr("'up' is a link"));
    EXPECT_FALSE(directory().below("up"));
}

TEST_F(DirectoryTest, NoNameLeadsOutOfIt) {
    for (const char* name : {"../secret", "cells/../../secret", "/etc/passwd", "cells//../x", ".", "..", "a b/x"}) {
        EXPECT_THAT(refusal(name), HasSubstr("no name of ours"));
        EXPECT_FALSE(directory().below(name)) << name;
    }
}

TEST_F(DirectoryTest, NothingButFilesIsOpened) {
    ASSERT_EQ(::mkfifo((theirs_ / "fifo").c_str(), 0644), 0);
    EXPECT_THAT(refusal("fifo"), HasSubstr("found a FIFO"));
    EXPECT_THAT(refusal("cells"), HasSubstr("found a directory"));
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{AF_UNIX, {}};
    std::strncpy(address.sun_path, (theirs_ / "socket").c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_THAT(refusal("socket"), HasSubstr("found a socket"));
    if (::mknod((theirs_ / "device").c_str(), S_IFCHR | 0666, 0x105) == 0) {  // root alone may: /dev/zero
        EXPECT_THAT(refusal("device"), HasSubstr("found a device"));
    }
}

TEST_F(DirectoryTest, AFileThatIsTooLargeIsNotRead) {
    ASSERT_EQ(::truncate((theirs_ / "cells/one/record.json").c_str(), off_t{1} << 40U), 0);
    EXPECT_THAT(refusal("cells/one/record.json"), HasSubstr("no file of this kind is longer than 100"));
}

TEST_F(DirectoryTest, WhatIsCreatedIsNew) {
    fs::create_symlink("../secret", theirs_ / "events");
    EXPECT_FALSE(directory().create("events")) << "through a link";
    EXPECT_EQ(read_file(home_.path() / "secret").value(), "root:x");
    EXPECT_FALSE(directory().create("cells"));
    const auto file = directory().create("new");
    ASSERT_TRUE(file) << file.error().message();
    ASSERT_TRUE(write_all(file->get(), "1"));
    EXPECT_FALSE(directory().create("new"));
    EXPECT_EQ(directory().read("new", 10).value(), "1");
}

TEST_F(DirectoryTest, ReplacingALinkReplacesTheLink) {
    fs::create_symlink("../secret", theirs_ / "record");
    ASSERT_TRUE(directory().replace("record", "new"));
    EXPECT_EQ(directory().read("record", 10).value(), "new");
    EXPECT_EQ(read_file(home_.path() / "secret").value(), "root:x");
    ASSERT_TRUE(directory().remove("record"));
    ASSERT_TRUE(directory().remove("record"));
    EXPECT_FALSE(directory().has("record"));
}

TEST_F(DirectoryTest, ItIsHeldWhereverItsPathLeads) {
    const Directory held = directory();
    fs::rename(theirs_, home_.path() / "moved");
    fs::create_directory_symlink("/etc", theirs_);
    EXPECT_TRUE(held.read("cells/one/record.json", 4));
    EXPECT_FALSE(held.has("passwd"));
}

TEST_F(DirectoryTest, MadeOnesAreWritableByTheirOwnerOnly) {
    const mode_t before = ::umask(0);
    const auto made = Directory::make(home_.path() / "a/b");
    const auto file = made->create("new");
    EXPECT_TRUE(made->replace("replaced", ""));
    ::umask(before);
    ASSERT_TRUE(made);
    for (const auto& [name, mode] :
         {std::pair{"a", 0755U}, {"a/b", 0755U}, {"a/b/new", 0644U}, {"a/b/replaced", 0644U}}) {
        struct stat found {};
        ASSERT_EQ(::stat((home_.path() / name).c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777U, mode) << name;
    }
    EXPECT_FALSE(Directory::make(home_.path() / "secret"));
    const auto nonsense = Directory::make(home_.path() / std::string(5000, 'x'));
    ASSERT_FALSE(nonsense);
    EXPECT_EQ(nonsense.error().fault(), Fault::usage);
}

}  // namespace
}  // namespace blkhang
