// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/recovered_record.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "evidence/testing/blocks.h"
#include "record/files.h"
#include "record/testing/replay.h"
#include "record/watch_profile.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        lines.emplace_back(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return lines;
}

/// A stream of the tests of records, as it would have survived; without its last lines, if it is cut off.
SurvivingRun survived(std::string_view name, std::size_t without = 0) {
    SurvivingRun run;
    run.source = "journal /dev/vdb";
    run.boot = sample::id(1);
    run.run = sample::id(2);
    run.host = "kvm7";
    run.lines = lines_of(read_file(replay::path(name)).value());
    run.lines.resize(run.lines.size() - without);
    std::uint64_t latest_ns = 0;
    for (const auto& line : run.lines) {
        latest_ns = std::max(latest_ns, time_of(*decode(line)));
    }
    run.first = SeenAt{1'000'000'000, 1'764'400'000'000'000'000};
    run.last = SeenAt{latest_ns + 500'000'000, 1'764'400'060'000'000'000};
    return run;
}

class RecoveredRecordTest : public testing::Test {
protected:
    Record recover(const std::optional<SurvivingRun>& run, const std::vector<std::string>& log = {},
                   std::optional<std::uint64_t> next_boot_ns = 1'764'400'094'000'000'000) {
        path_ = directory_.path() / std::to_string(++count_);
        auto record = RecoveredRecord::open(*RecordClaim::make(path_), {});
        EXPECT_TRUE(record);
        if (!log.empty()) {
            record->begin_text("console");
        }
        for (const auto& line : log) {
            record->line(line);
        }
        auto finished = record->finish(run, next_boot_ns);
        EXPECT_TRUE(finished);
        return *finished;
    }

    TempDir directory_ = *TempDir::make("recovered");
    std::filesystem::path path_;
    int count_ = 0;
};

TEST_F(RecoveredRecordTest, AHangWhoseMachineWasSwitchedOffIsAHangWithItsTasks) {
    const auto run = survived("self-deadlock", 1);
    const auto record = recover(run);
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    ASSERT_TRUE(record.deadlock);
    EXPECT_FALSE(record.deadlock->tasks.empty());
    EXPECT_THAT(record.verdict.reasons, Contains(HasSubstr("nothing is known of the 34 s between")));
    EXPECT_EQ(record.profile.name, kWatchProfile);
    ASSERT_TRUE(record.profile.settings);
    EXPECT_EQ(record.profile.settings->at("churn.workers"), "0") << "no load was made";
    EXPECT_EQ(lines_of(*read_file(path_ / files::kEvents)), run.lines);
    const auto read = read_record(*Directory::open(path_));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->verdict.value, Verdict::hang);
}

TEST_F(RecoveredRecordTest, AHealthyMachineThatWasCutOffIsNeverAHangWhereverItWasCut) {
    for (const std::string_view name : {"nested-nowait", "thrash", "lost-events"}) {
        const auto all = survived(name).lines.size();
        for (std::size_t without = 0; without < all; without += 7) {
            const auto record = recover(survived(name, without));
            EXPECT_THAT(record.verdict.value, testing::AnyOf(Verdict::inconclusive, Verdict::hazard)) << name;
            EXPECT_FALSE(record.verdict.reasons.empty());
        }
    }
}

TEST_F(RecoveredRecordTest, AWatcherThatStoodStillWithWaitsInACircleSaysAHang) {
    auto run = survived("vanished");
    EXPECT_EQ(recover(run).verdict.value, Verdict::inconclusive) << "switched off at that very moment";
    run.last->uptime_ns += 60'000'000'000;
    const auto record = recover(run);
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    EXPECT_THAT(record.verdict.reasons, Contains(HasSubstr("the watcher stood still for the last")));
    run.gaps = {run.lines.size()};
    EXPECT_EQ(recover(run).verdict.value, Verdict::inconclusive) << "what the watcher said last is not known";
}

/// A queue that was full lost them: no block is missing, and one of them may have been the end of a wait.
TEST_F(RecoveredRecordTest, WhereLinesDidNotGetOutWaitsThatSeemToStandProveNothing) {
    auto run = survived("vanished");
    run.last->uptime_ns += 60'000'000'000;
    run.lost = 1;
    EXPECT_EQ(recover(run).verdict.value, Verdict::inconclusive);
    auto proven = survived("self-deadlock", 1);
    proven.lost = 1;
    EXPECT_EQ(recover(proven).verdict.value, Verdict::hang) << "its tasks were looked at";
    const auto looks = std::ranges::find_if(
        proven.lines, [](const std::string& line) { return line.find("\"name\":\"evidence\"") != std::string::npos; });
    ASSERT_NE(looks, proven.lines.end());
    proven.lines.erase(looks, proven.lines.end());
    EXPECT_EQ(recover(proven).verdict.value, Verdict::inconclusive);
    proven.lost = 0;
    EXPECT_EQ(recover(proven).verdict.value, Verdict::hang) << "else its waits alone say so";
}

TEST_F(RecoveredRecordTest, WhatIsMissingIsSaid) {
    auto run = survived("nested-nowait", 1);
    run.gaps = {3};
    run.damaged = 2;
    run.missing = 5;
    const auto record = recover(run, {}, std::nullopt);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, Contains(HasSubstr("5 blocks missing")));
    EXPECT_THAT(record.verdict.reasons, Contains(HasSubstr("2 blocks torn or damaged")));
    EXPECT_THAT(record.verdict.reasons, Contains(HasSubstr("when the machine was started again is not known")));
}

TEST_F(RecoveredRecordTest, NothingButThatItWentAwayIsInconclusive) {
    SurvivingRun run;
    run.source = "journal";
    run.last = SeenAt{1, 2};
    EXPECT_EQ(recover(run).verdict.value, Verdict::inconclusive);
    EXPECT_EQ(recover(std::nullopt, {"[    1.0] all is well"}).verdict.value, Verdict::inconclusive);
}

TEST_F(RecoveredRecordTest, LinesThatAreNoneAreCountedAndNotBelieved) {
    auto run = survived("nested-nowait", 1);
    run.lines.insert(run.lines.begin() + 5, {"{\"t\":\"proof\"", "\xff\xfe", "{\"t\":\"gap\"}", ""});
    const auto record = recover(run);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_GT(record.run.damaged_lines, 0U);
}

TEST_F(RecoveredRecordTest, ALogSpeaksWhereTheStreamProvesNothing) {
    const auto log =
        lines_of(*read_file(std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/diagnose/testdata/elv-switch-6.1.log"));
    const auto record = recover(survived("nested-nowait", 1), log);
    EXPECT_THAT(record.verdict.value, testing::AnyOf(Verdict::hang, Verdict::hazard));
    EXPECT_THAT(record.verdict.reasons.front(), HasSubstr("the kernel's log"));
    EXPECT_TRUE(record.deadlock);
    EXPECT_THAT(*read_file(path_ / files::kConsole), HasSubstr("==> console <=="));
    ASSERT_TRUE(read_record(*Directory::open(path_)));
    const auto proven = recover(survived("self-deadlock", 1), log);
    EXPECT_THAT(proven.verdict.reasons.front(), Not(HasSubstr("the kernel's log")));
}

}  // namespace
}  // namespace blkhang
