// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/moments.h"

#include <gtest/gtest.h>

#include "diagnose/testing/told.h"

namespace blkhang {
namespace {

constexpr auto kHere = "schedule < __mutex_lock < pcpu_alloc < mm_init";
constexpr auto kThere = "schedule < io_schedule < blk_mq_get_tag < submit_bio";

TEST(Moments, BeginWithAnotherLookAtATaskAndSecondsLater) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, told::task(2, "b", kHere, 101));
    told::add(story, told::task(1, "a", kHere, 102));
    told::add(story, told::task(3, "c", kHere, 110));
    const auto moments = moments_of(story);
    ASSERT_EQ(moments.size(), 3U);
    EXPECT_EQ(moments[0].looks.size(), 2U);
    EXPECT_TRUE(moments[0].is_whole);
    EXPECT_FALSE(moments[2].is_whole);
}

TEST(Moments, BeginWithADump) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, LogComplaint::Kind::blocked_tasks);
    told::add(story, told::task(2, "b", kHere, 100));
    const auto moments = moments_of(story);
    ASSERT_EQ(moments.size(), 2U);
    EXPECT_FALSE(moments[0].is_dump);
    EXPECT_TRUE(moments[1].is_dump);
}

TEST(Moments, AStackInWhichTheLogEndsDoesNotHideTheWholeOneBefore) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, told::task(1, "a", "schedule < __mutex_lock", 110));
    const auto cut = moments_of(story);
    ASSERT_EQ(cut.size(), 1U);
    EXPECT_EQ(cut[0].look_at(1)->reading.frames.size(), 4U);

    told::add(story, told::task(2, "b", kHere, 110));
    EXPECT_EQ(moments_of(story).size(), 2U) << "the log goes on behind it: the task is there";
}

TEST(Moments, AStackInWhichTheLogEndsCountsIfItBeginsOtherwise) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, told::task(1, "a", "schedule < io_schedule", 110));
    EXPECT_EQ(moments_of(story).size(), 2U);
}

TEST(Moments, ATaskWithoutAPidIsLikeNoOther) {
    LogStory story;
    LogTask unnamed = told::task(1, "", kHere, std::nullopt, std::nullopt);
    unnamed.pid.reset();
    told::add(story, unnamed);
    told::add(story, unnamed);
    const auto moments = moments_of(story);
    ASSERT_EQ(moments.size(), 1U);
    EXPECT_NE(moments[0].looks[0].pid, moments[0].looks[1].pid);
}

TEST(Moments, WithoutTimesOnlyWhatStandsTogetherIsOfOneTime) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, std::nullopt));
    told::add(story, told::task(2, "b", kHere, std::nullopt));
    LogTask far = told::task(3, "c", kHere, std::nullopt);
    far.place.line = 5000;
    story.tasks.push_back(far);
    EXPECT_EQ(moments_of(story).size(), 2U);
}

TEST(Moments, WhoWasBlockedSinceBeforeIsPartOfIt) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 200));
    LogTask later = told::task(2, "b", kThere, 300);
    later.blocked_for_ns = 122 * kNsPerS;
    told::add(story, later);
    told::add(story, told::task(3, "c", kThere, 300));
    const auto moments = moments_of(story);
    const auto then = as_of(moments, 0);
    EXPECT_NE(then.look_at(2), nullptr);
    EXPECT_EQ(then.look_at(3), nullptr) << "nothing tells since when";
}

TEST(Moments, WithoutTimesSinceBootTheClockOnTheWallTells) {
    LogStory story;
    LogTask first = told::task(1, "a", kHere, std::nullopt);
    first.clock_ns = 1000 * kNsPerS;
    told::add(story, first);
    LogTask hours_later = told::task(2, "b", kThere, std::nullopt);
    hours_later.clock_ns = 40'000 * kNsPerS;
    hours_later.blocked_for_ns = 122 * kNsPerS;
    told::add(story, hours_later);
    EXPECT_EQ(as_of(moments_of(story), 0).look_at(2), nullptr);
    story.tasks.back().clock_ns = 1100 * kNsPerS;
    EXPECT_NE(as_of(moments_of(story), 0).look_at(2), nullptr);
}

TEST(Moments, WhatIsOfAnotherBootIsNotOfThatTime) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, told::task(2, "b", kThere, 101));
    story.tasks.back().boot = 1;
    told::add(story, told::task(1, "a", kHere, 200));
    story.tasks.back().boot = 1;
    const auto moments = moments_of(story);
    ASSERT_EQ(moments.size(), 3U);
    EXPECT_EQ(as_of(moments, 1).look_at(1), nullptr);
    EXPECT_FALSE(stood(moments, 0, 1, kNsPerS));
    EXPECT_FALSE(standing(moments, kNsPerS).contains(1));
}

TEST(Moments, StandingTakesTimeOrTheKernelsWord) {
    LogStory story;
    told::add(story, told::task(1, "a", kHere, 100));
    told::add(story, told::task(1, "a", kHere, 100.2));
    EXPECT_FALSE(stood(moments_of(story), 1, 1, kNsPerS));
    told::add(story, told::task(1, "a", kHere, 112));
    EXPECT_TRUE(stood(moments_of(story), 1, 1, kNsPerS));
    EXPECT_FALSE(has_moved_on(moments_of(story), 0, 1));
    EXPECT_TRUE(standing(moments_of(story), kNsPerS).contains(1));
    told::add(story, told::task(1, "a", kThere, 130));
    EXPECT_TRUE(has_moved_on(moments_of(story), 0, 1));
    EXPECT_FALSE(standing(moments_of(story), kNsPerS).contains(1));
}

}  // namespace
}  // namespace blkhang
