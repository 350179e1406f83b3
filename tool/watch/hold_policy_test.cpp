// SPDX-License-Identifier: GPL-2.0-only
#include "watch/hold_policy.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace blkhang {
namespace {

using Act = HoldPolicy::Act;
using Reason = HoldPolicy::Reason;

/// Everybody alive, looked at each 100 ms.
class HeldWatchdog : public testing::Test {
protected:
    /// For so long; the last thing that was done.
    HoldPolicy::Step goes_on(std::uint64_t ms) {
        HoldPolicy::Step last;
        for (std::uint64_t i = 0; i < ms; i += 100) {
            view_.now_ns += 100 * kNsPerMs;
            view_.watcher_beats += watcher_moves_ ? 1 : 0;
            view_.starter_beats += starter_moves_ ? 1 : 0;
            if (const auto step = policy_.step(view_); step.act != Act::nothing) {
                last = step;
            }
        }
        return last;
    }

    HolderView view_{.now_ns = 100 * kNsPerS, .suspended_ns = 7 * kNsPerS, .watcher_beats = 5, .starter_beats = 9};
    HoldPolicy policy_{view_};
    bool watcher_moves_ = true, starter_moves_ = true;
};

TEST_F(HeldWatchdog, IsNeitherStartedNorGivenBackWhileAllIsWell) {
    EXPECT_EQ(goes_on(3'600'000).act, Act::nothing);
    EXPECT_FALSE(policy_.is_running());
}

TEST_F(HeldWatchdog, IsStartedWhenAResetIsWantedAndStoppedWhenItIsNoLonger) {
    view_.reset_wanted = true;
    EXPECT_EQ(goes_on(100).act, Act::start);
    EXPECT_EQ(goes_on(9'000).act, Act::nothing);
    EXPECT_TRUE(policy_.is_running());
    view_.reset_wanted = false;
    EXPECT_EQ(goes_on(100).act, Act::stop);
    EXPECT_FALSE(policy_.is_running());
    view_.reset_wanted = true;  // of another hang
    EXPECT_EQ(goes_on(100).act, Act::start);
}

TEST_F(HeldWatchdog, IsGivenBackForGoodWhenTheWatcherStandsStill) {
    watcher_moves_ = false;
    EXPECT_EQ(goes_on(9'900).act, Act::nothing);
    const auto step = goes_on(100);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::watcher_stands_still);
    EXPECT_EQ(step.lasted, std::chrono::seconds(10));
    watcher_moves_ = true;
    view_.reset_wanted = true;
    EXPECT_EQ(goes_on(60'000).act, Act::nothing);
}

TEST_F(HeldWatchdog, IsGivenBackWhenWhoStartedTheWatchIsStopped) {
    starter_moves_ = false;
    const auto step = goes_on(10'000);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::starter_stands_still);
}

TEST_F(HeldWatchdog, WhileItRunsLittlePatienceIsHad) {
    for (auto* moves : {&watcher_moves_, &starter_moves_}) {
        watcher_moves_ = starter_moves_ = true;
        view_.reset_wanted = false;
        policy_ = HoldPolicy(view_);
        view_.reset_wanted = true;
        EXPECT_EQ(goes_on(100).act, Act::start);
        *moves = false;
        EXPECT_EQ(goes_on(3'900).act, Act::nothing);
        EXPECT_EQ(goes_on(100).act, Act::give_back);
        EXPECT_FALSE(policy_.is_running());
    }
}

TEST_F(HeldWatchdog, AResetThatIsWantedByAWatchThatStandsStillIsNotBegun) {
    watcher_moves_ = false;
    EXPECT_EQ(goes_on(2'000).act, Act::nothing);
    view_.reset_wanted = true;
    EXPECT_EQ(goes_on(7'000).act, Act::nothing);
    EXPECT_EQ(goes_on(1'000).act, Act::give_back);
}

TEST_F(HeldWatchdog, AWatchThatIsStillAttachingIsNeitherStuckNorBelieved) {
    watcher_moves_ = false;
    view_.watcher_beats = 0;
    policy_ = HoldPolicy(view_);
    EXPECT_EQ(goes_on(60'000).act, Act::nothing);
    view_.reset_wanted = true;
    EXPECT_EQ(goes_on(1'000).act, Act::nothing);
}

TEST_F(HeldWatchdog, IsGivenBackWhenTheWatchIsGoneOrEnds) {
    view_.reset_wanted = true;
    EXPECT_EQ(goes_on(1'000).act, Act::start);
    view_.starter_gone = true;
    auto step = goes_on(100);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::starter_gone);
    view_.starter_gone = view_.reset_wanted = false;
    policy_ = HoldPolicy(view_);
    view_.told_to_end = true;
    step = goes_on(100);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::told_to_end);
}

TEST_F(HeldWatchdog, IsGivenBackAfterASuspendOfWhichTheClockTellsNothing) {
    view_.reset_wanted = true;
    goes_on(1'000);
    view_.suspended_ns += 3'600 * kNsPerS;
    const auto step = goes_on(100);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::suspended);
    EXPECT_EQ(step.lasted, std::chrono::hours(1));
}

TEST_F(HeldWatchdog, IsGivenBackIfItsHolderStoodStillItself) {
    // All were: a frozen cgroup. What the others have done meanwhile nobody has looked at.
    view_.now_ns += 20 * kNsPerS;
    auto step = goes_on(100);
    EXPECT_EQ(step.act, Act::give_back);
    EXPECT_EQ(step.reason, Reason::holder_stood_still);
}

}  // namespace
}  // namespace blkhang
