// SPDX-License-Identifier: GPL-2.0-only
#include "record/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class RecordClaimTest : public testing::Test {
protected:
    [[nodiscard]] std::string refusal() const { return refusal(path_); }
    static std::string refusal(const fs::path& path) {
        const auto claim = RecordClaim::make(path);
        EXPECT_TRUE(!claim && claim.error().fault() == Fault::usage) << path;
        return claim ? "" : claim.error().message();
    }

    TempDir home_ = TempDir::make("record-claim").value();
    fs::path path_ = home_.path() / "runs/one";
};

TEST_F(RecordClaimTest, KeepsOthersOutWhileItLives) {
    {
        const auto claim = RecordClaim::make(path_);
        ASSERT_TRUE(claim) << claim.error().message();
        EXPECT_THAT(refusal(), HasSubstr("another run goes on"));
    }
    EXPECT_FALSE(fs::exists(path_)) << "it made it, and nothing came of it";
    EXPECT_TRUE(RecordClaim::make(path_));
}

TEST_F(RecordClaimTest, EvidenceIsNeverOverwritten) {
    {
        auto claim = RecordClaim::make(path_).value();
        claim.keep();
        ASSERT_TRUE(write_all(claim.events().get(), "x"));
    }
    EXPECT_THAT(refusal(),
                AllOf(HasSubstr("cut short"), HasSubstr("remove events.ndjson from it"), HasSubstr("--out")));
    fs::remove(path_ / "events.ndjson");
    EXPECT_TRUE(RecordClaim::make(path_)) << "as the hint said";
    ASSERT_TRUE(write_file(path_ / "record.json", "{}"));
    EXPECT_THAT(refusal(), HasSubstr("holds a record already"));
}

TEST_F(RecordClaimTest, WhatAKilledOneLeftThatSawNothingIsClearedAway) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto claim = RecordClaim::make(path_);
        const auto profile = claim->directory().create("profile.toml");
        (void)write_all(profile->get(), "name = 1");
        (void)claim->directory().create("kernel.config");
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(fs::exists(path_ / "events.ndjson") && fs::exists(path_ / "profile.toml"));
    {
        const auto claim = RecordClaim::make(path_);
        ASSERT_TRUE(claim) << claim.error().message();
        EXPECT_FALSE(fs::exists(path_ / "profile.toml"));
    }
    EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(RecordClaimTest, OtherFilesInTheDirectoryAreNobodysBusiness) {
    fs::create_directories(path_);
    ASSERT_TRUE(write_file(path_ / "notes.txt", "host 7"));
    EXPECT_TRUE(RecordClaim::make(path_));
    EXPECT_TRUE(fs::exists(path_ / "notes.txt"));
    ASSERT_TRUE(write_file(path_ / "profile.toml", "mine"));
    EXPECT_THAT(refusal(), HasSubstr("files of the same names"));
    EXPECT_EQ(read_file(path_ / "profile.toml").value(), "mine");
}

TEST_F(RecordClaimTest, WhatStandsInTheWayIsRefused) {
    fs::create_directories(path_);
    ASSERT_EQ(::mkfifo((path_ / "events.ndjson").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("remove events.ndjson"));
    ASSERT_TRUE(write_file(home_.path() / "file", ""));
    for (const fs::path& place : {home_.path() / "file", home_.path() / "file/x", fs::path("/proc/none/x"),
                                  home_.path() / std::string(300, 'x'), home_.path() / std::string(5000, 'x')}) {
        EXPECT_THAT(refusal(place), HasSubstr("--out"));
    }
}

}  // namespace
}  // namespace blkhang
