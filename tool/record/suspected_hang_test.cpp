// SPDX-License-Identifier: GPL-2.0-only
#include "record/suspected_hang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kStream = "console-circle-of-three";
constexpr const char* kRelease = "6.1.0-57-cloud-amd64";
/// The tasks of the circle: it has frozen the queue, uses it, and owns the mutex.
constexpr std::int32_t kFreezer = 80;
constexpr std::int32_t kWriterOfLimit = 82;
constexpr std::int32_t kOwner = 83;
/// Looks at all eight blocked tasks, of a real 6.1.192: seven rounds, ten seconds apart.
constexpr std::size_t kTasks = 8;
constexpr std::size_t kRounds = 7;

std::vector<seen::BlockedTask> looks() {
    std::vector<seen::BlockedTask> found;
    const std::string stream = read_file(replay::path(kStream)).value();
    for (std::string_view rest = stream; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
        const auto observation = decode(rest.substr(0, rest.find('\n'))).value();
        if (const auto* task = std::get_if<seen::BlockedTask>(&observation)) {
            found.push_back(*task);
        }
    }
    return found;
}

TEST(SuspectedHang, StacksThatFitAndDoNotMoveAreASuspicionThatSaysWhatItInfers) {
    ASSERT_EQ(looks().size(), kTasks * kRounds);
    EXPECT_THAT(
        suspected_hang(looks(), kRelease),
        AllOf(HasSubstr("did not move for 68 s"), HasSubstr("fit a known hang, elv-switch: "),
              HasSubstr("blkhang-trigger[80]"), HasSubstr("blkhang-churn[82]"), HasSubstr("blkhang-percpu[83]"),
              HasSubstr("no proof, for part of it is inferred: that"), HasSubstr("while it is in blkg_conf_prep()")));
}

TEST(SuspectedHang, ATaskOfTheCircleThatMovedOrWasNotFoundLastMakesItNone) {
    for (const auto pid : {kFreezer, kWriterOfLimit, kOwner}) {
        auto moved = looks();
        auto gone = looks();
        for (std::size_t i = moved.size() - kTasks; i < moved.size(); ++i) {
            if (moved[i].pid == pid) {
                moved[i].stack.back() += "0";
            }
        }
        gone.erase(std::find_if(gone.end() - kTasks, gone.end(), [&](const auto& look) { return look.pid == pid; }));
        EXPECT_EQ(suspected_hang(moved, kRelease), "") << pid;
        EXPECT_EQ(suspected_hang(gone, kRelease), "") << pid;
    }
}

TEST(SuspectedHang, OthersMayMove) {
    auto bystander = looks();
    for (auto& look : bystander) {
        if (look.pid == 101) {
            look.stack.back() += std::to_string(*look.at_ns);
        }
    }
    EXPECT_NE(suspected_hang(bystander, kRelease), "");
}

TEST(SuspectedHang, OneLookIsNotEnough) {
    auto once = looks();
    once.erase(once.begin(), once.end() - kTasks);
    EXPECT_EQ(suspected_hang(once, kRelease), "");
    EXPECT_EQ(suspected_hang({}, kRelease), "");
}

TEST(SuspectedHang, WithoutATaskOfItThereIsNoCircle) {
    for (const auto pid : {kFreezer, kWriterOfLimit, kOwner}) {
        auto others = looks();
        std::erase_if(others, [&](const auto& look) { return look.pid == pid; });
        EXPECT_EQ(suspected_hang(others, kRelease), "") << pid;
    }
}

TEST(SuspectedHang, ItIsAHazardWhereNothingButStacksWasWatched) {
    const Record record = replay::record(kStream);
    EXPECT_EQ(record.verdict.value, Verdict::hazard);
    EXPECT_THAT(record.verdict.reasons.front(), HasSubstr("fit a known hang, elv-switch"));
    EXPECT_GT(record.verdict.reasons.size(), 1U) << "what else there is to say stays";
    EXPECT_FALSE(record.deadlock.has_value()) << "nothing was proven";
    EXPECT_TRUE(is_suspicion(record));
    EXPECT_FALSE(is_suspicion(replay::record("thrash")));

    RecordBuilder builder{replay::facts("")};
    const std::string stream = read_file(replay::path(kStream)).value();
    for (std::string_view rest = stream; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
        auto observation = decode(rest.substr(0, rest.find('\n'))).value();
        if (auto* tier = std::get_if<seen::Tier>(&observation)) {
            tier->used = "kprobe";
        }
        builder.observe(observation);
    }
    EXPECT_EQ(builder.finish({Ended::orderly, "", "tcg"}).verdict.value, Verdict::inconclusive)
        << "who watches the locks themselves would have proven it";
}

}  // namespace
}  // namespace blkhang
