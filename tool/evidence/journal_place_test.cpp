// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/journal_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include <chrono>
#include <thread>

#include "base/file.h"
#include "evidence/block_sink.h"
#include "evidence/journal_reader.h"
#include "evidence/testing/blocks.h"
#include "record/stream.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// Where this machine has no direct IO, as in some containers, a journal is refused, and nothing can be tried.
#define SKIP_WITHOUT_DIRECT_IO(result)                                                       \
    if (!(result) && (result).error().message().find("no direct IO") != std::string::npos) { \
        GTEST_SKIP() << (result).error().message();                                          \
    }

class JournalPlace : public testing::Test {
protected:
    TempDir directory_ = *TempDir::make("journal-place");
    std::filesystem::path path_ = directory_.path() / "journal";
};

TEST_F(JournalPlace, AFileIsMadeWithAllItsBlocksAndUsedAgain) {
    const auto identity = WriterIdentity{sample::id(1), sample::id(2), "kvm7"};
    {
        auto sink = BlockSink::to_journal(path_, identity);
        SKIP_WITHOUT_DIRECT_IO(sink);
        ASSERT_TRUE(sink) << sink.error().message();
        struct stat found {};
        ASSERT_EQ(::stat(path_.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 07777U, 0600U);
        EXPECT_GE(static_cast<std::uint64_t>(found.st_blocks) * 512, kJournalFile - (std::uint64_t{1} << 20U));
        EXPECT_THAT(BlockSink::to_journal(path_, identity).error().message(), HasSubstr("another blkhang"));
        EXPECT_THAT(*read_journal(path_), SizeIs(1)) << "a sign of life is there before anything can freeze";
        sink->send(seen::Tick{5});
        EXPECT_TRUE(sink->send_at_once(R"({"t":"proof","closed_ns":1,"detected_ns":2})"));
    }
    auto runs = *read_journal(path_);
    ASSERT_THAT(runs, SizeIs(1));
    EXPECT_THAT(runs[0].lines,
                testing::UnorderedElementsAre(encode(seen::Tick{5}), R"({"t":"proof","closed_ns":1,"detected_ns":2})"));
    ASSERT_TRUE(BlockSink::to_journal(path_, {sample::id(3), sample::id(4), "kvm7"}));
    runs = *read_journal(path_);
    ASSERT_THAT(runs, SizeIs(2));
    EXPECT_EQ(runs[0].run, sample::id(4));
    EXPECT_THAT(runs[0].lines, ElementsAre());
}

TEST_F(JournalPlace, WhatIsThereAndIsNoJournalStaysAsItIs) {
    ASSERT_TRUE(write_file(path_, "somebody's"));
    const auto refused = open_journal_place(path_);
    SKIP_WITHOUT_DIRECT_IO(refused);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_EQ(*read_file(path_), "somebody's");
    std::filesystem::create_symlink(path_, directory_.path() / "link");
    EXPECT_THAT(open_journal_place(directory_.path() / "link").error().message(), HasSubstr("link"));
    EXPECT_FALSE(open_journal_place(directory_.path()));
    EXPECT_FALSE(open_journal_place("/dev/null"));
    EXPECT_FALSE(open_journal_place(directory_.path() / "no" / "where"));
}

TEST_F(JournalPlace, ADiskThatIsAtRiskIsSaid) {
    const HostRoots roots{directory_.path() / "proc", directory_.path() / "sys", directory_.path() / "dev"};
    ASSERT_TRUE(write_file(path_, "x"));
    struct stat found {};
    ASSERT_EQ(::stat(path_.c_str(), &found), 0);
    const auto disk = [&](const std::string& name, unsigned major, unsigned minor) {
        std::filesystem::create_directories(roots.sys / "block" / name);
        std::filesystem::create_directories(roots.sys / "dev/block");
        std::filesystem::create_directory_symlink(roots.sys / "block" / name,
                                                  roots.sys / "dev/block" / fmt::format("{}:{}", major, minor));
    };
    std::filesystem::create_directories(roots.proc / "self");
    EXPECT_THAT(*doubt_about_place(path_, roots), HasSubstr("cannot be told"));
    disk("vda", major(found.st_dev), minor(found.st_dev));
    EXPECT_FALSE(doubt_about_place(path_, roots));
    ASSERT_TRUE(write_file(roots.proc / "self/mountinfo", fmt::format("27 1 {}:{} / / rw - ext4 /dev/vda rw\n",
                                                                      major(found.st_dev), minor(found.st_dev))));
    EXPECT_THAT(*doubt_about_place(path_, roots), HasSubstr("is on vda"));
    ASSERT_TRUE(write_file(roots.proc / "self/mountinfo", "27 1 999:9 / / rw - ext4 /dev/vdz rw\n"));
    EXPECT_THAT(*doubt_about_place(path_, roots), HasSubstr("cannot be told"));
    disk("vdz", 999, 9);
    EXPECT_FALSE(doubt_about_place(path_, roots));
}

TEST_F(JournalPlace, MemoryIsNoPlace) {
    const std::filesystem::path path = "/dev/shm/blkhang-journal-test";
    const auto refused = open_journal_place(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_FALSE(is_there(path)) << "what was made for it is gone";
}

}  // namespace
}  // namespace blkhang
