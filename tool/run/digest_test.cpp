// SPDX-License-Identifier: GPL-2.0-only
#include "run/digest.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

seen::Wait wait(std::uint64_t at_ns, std::int32_t pid) {
    return {at_ns, pid, "task", Awaited::percpu_mutex(), 1, false, {}};
}
seen::Wake wake(std::uint64_t at_ns, std::int32_t pid) { return {at_ns, pid, Awaited::percpu_mutex()}; }

TEST(Digest, ShortWaitLeavesNoTrace) {
    Digest digest(100);
    EXPECT_FALSE(digest.note(wait(0, 7)));
    EXPECT_FALSE(digest.note(wake(50, 7)));
    EXPECT_TRUE(digest.lasting(1000).empty());
}

TEST(Digest, LastingWaitIsSentOnceAndSoIsItsEnd) {
    Digest digest(100);
    digest.note(wait(0, 7));
    EXPECT_TRUE(digest.lasting(99).empty());
    ASSERT_EQ(digest.lasting(100).size(), 1U);
    EXPECT_TRUE(digest.lasting(200).empty());
    EXPECT_TRUE(digest.note(wake(300, 7)));
}

TEST(Digest, NewWaitOfTheSameTaskReplacesTheOldOne) {
    Digest digest(100);
    digest.note(wait(0, 7));
    digest.note(wait(90, 7));
    EXPECT_TRUE(digest.lasting(150).empty());
    EXPECT_EQ(digest.lasting(190).size(), 1U);
}

TEST(Digest, AWaitForMemoryBeganWhenItWasFirstTold) {
    const auto for_memory = [](std::uint64_t at_ns) {
        return seen::Wait{at_ns, 7, "task", Awaited::memory(), 0, false, {}};
    };
    Digest digest(100);
    digest.note(for_memory(0));
    digest.note(for_memory(90));
    const auto told = digest.lasting(150);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().at_ns, 0U);
    digest.note(for_memory(160));
    EXPECT_TRUE(digest.lasting(400).empty());
    EXPECT_TRUE(digest.note(seen::Wake{500, 7, Awaited::memory()}));
}

TEST(Digest, AWaitThatIsAFindingGoesOutAtOnceAndSoDoesItsEnd) {
    Digest digest(100);
    EXPECT_TRUE(digest.note(wait(0, 7), true));
    EXPECT_TRUE(digest.note(wake(5, 7)));
    digest.note(wait(10, 8));
    EXPECT_FALSE(digest.note(wait(9, 8), true)) << "old news";
}

TEST(Digest, AWaitForItsOwnMutexGoesOutAtOnceAndSoDoesItsEnd) {
    Digest digest(100);
    auto own = wait(0, 7);
    own.owns_percpu_mutex = true;
    EXPECT_TRUE(digest.note(own));
    EXPECT_TRUE(digest.note(wake(5, 7)));
}

TEST(Digest, WhatReplacesAWaitThatWasSentGoesOutAtOnce) {
    Digest digest(100);
    digest.note(wait(0, 7));
    ASSERT_EQ(digest.lasting(100).size(), 1U);
    EXPECT_TRUE(digest.note(wait(150, 7))) << "the end of the first was missed: whoever believes in it has to know";
    EXPECT_TRUE(digest.lasting(1000).empty());
}

TEST(Digest, NewsOfAnotherOwnerBelieTheOneThatWasSent) {
    Digest digest(100);
    auto owner = wait(0, 7);
    owner.what = Awaited::kswapd();
    owner.owns_percpu_mutex = true;
    digest.note(owner);
    auto hint = wait(10, 8);
    hint.holder_pid = 7;
    EXPECT_FALSE(digest.note(hint));
    ASSERT_EQ(digest.lasting(110).size(), 2U);
    hint = wait(200, 9);
    hint.holder_pid = 7;
    EXPECT_FALSE(digest.note(hint));
    hint = wait(210, 10);
    hint.holder_pid = 55;
    EXPECT_TRUE(digest.note(hint));
}

seen::Counters lost(std::uint64_t events) { return {0, {}, {}, {}, events}; }

TEST(Digest, AfterALossOnlyWhatIsToldAgainIsSentAgain) {
    Digest digest(100);
    digest.note(wait(0, 7));
    digest.note(wait(1, 8));
    ASSERT_EQ(digest.lasting(150).size(), 2U);
    EXPECT_TRUE(digest.note(lost(1)));
    EXPECT_TRUE(digest.lasting(200).empty()) << "nothing that is in doubt";
    EXPECT_EQ(digest.doubted(), (std::vector<std::int32_t>{7, 8}));
    EXPECT_FALSE(digest.note(wait(0, 7)));
    ASSERT_EQ(digest.lasting(200).size(), 1U);
    EXPECT_EQ(digest.doubted(), (std::vector<std::int32_t>{8}));
    EXPECT_TRUE(digest.note(wake(300, 8))) << "its end is news to whoever still has it in doubt";
}

TEST(Digest, TheWaitsOfACycleWereToldWhateverTheirAge) {
    Digest digest(100);
    digest.note(wait(20, 9));
    digest.note(wait(10, 12));
    digest.note(wait(15, 13));
    const auto told = digest.waits_of({9, 12});
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].pid, 12);
    ASSERT_EQ(digest.rest().size(), 1U);
    EXPECT_TRUE(digest.note(wake(30, 9)));
}

TEST(Digest, AfterTheProofEveryOpenWaitGoesOutOldestFirst) {
    Digest digest(100);
    digest.note(wait(20, 9));
    digest.note(wait(10, 12));
    const auto rest = digest.rest();
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_EQ(rest[0].pid, 12);
    EXPECT_EQ(rest[1].pid, 9);
}

TEST(Digest, OtherObservationsPass) {
    Digest digest(100);
    EXPECT_TRUE(digest.note(seen::Phase{1, "load"}));
}

/// Task 8 found 9 to be the owner after 7 had been; that 7 ever was is told only later.
TEST(Digest, WhoOwnsTheMutexSinceIsToldBehindWhoOwnedIt) {
    for (const bool ended : {false, true}) {
        Digest digest(100);
        auto owner = seen::Wait{0, 7, "task", Awaited::kswapd(), 0, true, {}};
        auto other = wait(50, 8);
        other.holder_pid = 9;
        digest.note(owner);
        digest.note(other);
        if (ended) {
            digest.note(wake(60, 8));
        }
        ASSERT_EQ(digest.lasting(120).size(), 1U);
        EXPECT_EQ(digest.correction_of_owner().size(), ended ? 2U : 1U);
        EXPECT_TRUE(digest.correction_of_owner().empty()) << "once";
    }
}

TEST(Digest, AnOwnerThatIsNamedAgainNeedsNoCorrection) {
    Digest digest(100);
    auto other = wait(50, 8);
    other.holder_pid = 7;
    digest.note(seen::Wait{0, 7, "task", Awaited::kswapd(), 0, true, {}});
    digest.note(other);
    ASSERT_EQ(digest.lasting(120).size(), 1U);
    EXPECT_TRUE(digest.correction_of_owner().empty());
}

}  // namespace
}  // namespace blkhang
