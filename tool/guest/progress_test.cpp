// SPDX-License-Identifier: GPL-2.0-only
#include "guest/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"

namespace blkhang {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t kSecond = 1'000'000'000;

seen::Counters counters(std::uint64_t at_ns, std::uint64_t ios, std::uint64_t pages_out, std::uint64_t cgroups) {
    seen::Counters counters{};
    counters.at_ns = at_ns;
    counters.load = {{"ios", ios}, {"cgroups_created", cgroups}};
    counters.coverage = {{"swapped_out_pages", pages_out}};
    return counters;
}

TEST(RunState, BeforeTheLoadOnlyPhaseAndTime) {
    RunState state(60s);
    state.enter("boot", 1 * kSecond);
    EXPECT_EQ(state.line(5 * kSecond), "boot 4 s");
}

TEST(RunState, TellsRatesFromTwoCounters) {
    RunState state(60s);
    state.observe(seen::Phase{100 * kSecond, "load"}, 10 * kSecond);
    state.observe(counters(100 * kSecond, 1000, 0, 5), 10 * kSecond);
    state.observe(counters(102 * kSecond, 4000, 2560, 35), 12 * kSecond);
    EXPECT_EQ(state.line(22 * kSecond), "load 12/60 s, 1500 IO/s, swap-out 5.0 MiB/s, 35 cgroups, 0 trials");
}

TEST(RunState, ShowsWhatTheTriggersDidAndTheLastErrorOfEach) {
    RunState state(60s);
    auto with_triggers = counters(1 * kSecond, 0, 0, 0);
    with_triggers.load["trigger_switch_attempts"] = 9;
    with_triggers.load["trigger_switch_successes"] = 7;
    with_triggers.load["trigger_switch_failures"] = 1;
    with_triggers.load["trigger_switch_errno"] = 22;
    with_triggers.load["trigger_depth_attempts"] = 4;
    with_triggers.load["trigger_depth_successes"] = 4;
    state.observe(with_triggers, kSecond);
    EXPECT_THAT(state.line(2 * kSecond), HasSubstr("0 trials, depth 4/4, switch 7/9 (EINVAL)"));
}

TEST(RunState, ShowsTrialsAndTheVerdictSoFar) {
    RunState state(60s);
    state.observe(counters(1 * kSecond, 0, 0, 0), kSecond);
    Judgement judgement{};
    judgement.verdict = Verdict::hazard;
    judgement.trials = 7;
    state.so_far(judgement);
    EXPECT_THAT(state.line(2 * kSecond), HasSubstr("7 trials, so far hazard"));
}

TEST(RunState, CountersThatGoBackwardsYieldNoRate) {
    RunState state(60s);
    state.observe(counters(2 * kSecond, 1000, 0, 0), kSecond);
    state.observe(counters(1 * kSecond, 500, 0, 0), kSecond);
    EXPECT_THAT(state.line(2 * kSecond), HasSubstr(" 0 IO/s"));
}

class ProgressTest : public testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends{};
        ASSERT_EQ(pipe(ends.data()), 0);
        read_.reset(ends[0]);
        write_.reset(ends[1]);
    }
    std::string shown_by(Progress::Kind kind, std::chrono::milliseconds span) {
        {
            Progress progress(write_.get(), kind, 60s);
            progress.enter("boot");
            std::this_thread::sleep_for(span);
        }
        write_.reset();
        std::string text;
        std::array<char, 4096> buffer{};
        ssize_t got = 0;
        while ((got = read(read_.get(), buffer.data(), buffer.size())) > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(got));
        }
        return text;
    }
    Fd read_, write_;
};

TEST_F(ProgressTest, QuietSaysNothing) { EXPECT_EQ(shown_by(Progress::Kind::none, 250ms), ""); }

TEST_F(ProgressTest, PlainSaysEachPhaseOnceAsALine) { EXPECT_EQ(shown_by(Progress::Kind::plain, 700ms), "boot 0 s\n"); }

TEST_F(ProgressTest, LiveRedrawsAtMostFiveTimesASecondAndClearsAtTheEnd) {
    const std::string text = shown_by(Progress::Kind::live, 1000ms);
    EXPECT_THAT(text, StartsWith("\r\x1b[Kboot 0 s"));
    EXPECT_THAT(text, Not(HasSubstr("\n")));
    EXPECT_EQ(text.substr(text.rfind('\r')), "\r\x1b[K");
    EXPECT_LE(std::count(text.begin(), text.end(), '\r'), 6);
}

}  // namespace
}  // namespace blkhang
