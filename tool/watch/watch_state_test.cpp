// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watch_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Finding told(Finding::Kind kind, const std::string& key) {
    Finding finding;
    finding.kind = kind;
    finding.key = key;
    finding.reasons = {"lock cycle a -> b -> a: somewhere"};
    return finding;
}

WatchStatus counted(std::uint64_t waits, std::uint64_t hazards) {
    WatchStatus status;
    status.waits = waits;
    status.lost_events = 1;
    status.longest_ever_s = 2.5;
    status.findings = {{"hang", 0}, {"hazard", hazards}};
    return status;
}

std::string some_state() {
    WatchState state("boot-1");
    state.note(told(Finding::Kind::hazard, "hazard: one"));
    return state.encode(counted(10, 1));
}

TEST(WatchState, TheNextWatchKnowsWhatWasToldAndGoesOnCounting) {
    const auto state = WatchState::decode(some_state(), "boot-1");
    ASSERT_TRUE(state);
    EXPECT_THAT(state->known(), ElementsAre("hazard: one"));
    const auto all = state->with_earlier(counted(5, 0));
    EXPECT_EQ(all.waits, 15U);
    EXPECT_EQ(all.lost_events, 2U);
    EXPECT_EQ(all.findings.at("hazard"), 1U);
    // And the one after that.
    const auto next = WatchState::decode(state->encode(counted(5, 2)), "boot-1");
    ASSERT_TRUE(next);
    EXPECT_THAT(next->known(), ElementsAre("hazard: one"));
    EXPECT_EQ(next->with_earlier({}).findings.at("hazard"), 3U);
}

TEST(WatchState, AfterARebootEverythingIsNewsAndCountsGoOn) {
    const auto state = WatchState::decode(some_state(), "boot-2");
    ASSERT_TRUE(state);
    EXPECT_THAT(state->known(), IsEmpty());
    EXPECT_EQ(state->with_earlier({}).waits, 10U);
}

TEST(WatchState, AHangTellsThatItsLocksMakeACycle) {
    WatchState state("boot-1");
    state.note(told(Finding::Kind::hang, "deadlock: x"));
    EXPECT_THAT(state.known(), ElementsAre("deadlock: x", "hazard: lock cycle a -> b -> a"));
    state.note(told(Finding::Kind::long_wait, "long wait for x"));  // may come again, and is told again then
    EXPECT_THAT(state.known(), SizeIs(2));
}

TEST(WatchState, HasAnEndHoweverMuchIsFound) {
    WatchState state("boot-1");
    for (int i = 0; i < 1000; ++i) {
        state.note(told(Finding::Kind::hazard, std::to_string(i) + std::string(400, 'x')));
        state.note(told(Finding::Kind::hazard, std::string(100'000, 'y')));
    }
    EXPECT_THAT(state.known(), SizeIs(WatchState::kMostKeys));
    EXPECT_THAT(state.known().back(), testing::StartsWith("999"));
    const auto text = state.encode(counted(1, 1));
    EXPECT_LE(text.size(), WatchState::kLargest);
    EXPECT_TRUE(WatchState::decode(text, "boot-1"));
}

TEST(WatchState, NothingIsBelievedThatIsTornOrDamaged) {
    const auto good = some_state();
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(WatchState::decode(good.substr(0, size), "boot-1")) << size;
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_FALSE(WatchState::decode(damaged, "boot-1")) << at;
    }
    EXPECT_FALSE(WatchState::decode(good + good, "boot-1"));
}

TEST(WatchState, AFileOfSomebodyElseIsNotRead) {
    const auto directory = TempDir::make("blkhang-state");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "watch-state.json";
    EXPECT_TRUE(WatchState::read(file, "boot-1"));  // there is none yet
    ASSERT_TRUE(write_file(file, some_state()));
    fs::permissions(file, fs::perms(0644));
    ASSERT_TRUE(WatchState::read(file, "boot-1"));
    EXPECT_THAT(WatchState::read(file, "boot-1")->known(), SizeIs(1));
    fs::permissions(file, fs::perms(0666));
    EXPECT_THAT(WatchState::read(file, "boot-1").error().message(), HasSubstr("others can write to it"));
    fs::permissions(file, fs::perms(0644));
    const auto link = directory->path() / "link";
    fs::create_symlink(file, link);
    EXPECT_FALSE(WatchState::read(link, "boot-1"));
    EXPECT_FALSE(WatchState::read(directory->path(), "boot-1"));
    ASSERT_TRUE(write_file(file, std::string(WatchState::kLargest + 1, ' ')));
    EXPECT_FALSE(WatchState::read(file, "boot-1"));
    ASSERT_TRUE(write_file(file, R"({"boot":"boot-1","known":[],"waits":1})"
                                 "\n"));
    EXPECT_FALSE(WatchState::read(file, "boot-1"));
}

}  // namespace
}  // namespace blkhang
