// SPDX-License-Identifier: GPL-2.0-only
#include "run/digest.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

seen::Wait wait(std::uint64_t at_ns, std::int32_t pid) {
    return {at_ns, pid, "task", WaitKind::mutex, "pcpu_alloc_mutex", 1, false, {}};
}
seen::Wake wake(std::uint64_t at_ns, std::int32_t pid) { return {at_ns, pid, WaitKind::mutex, "pcpu_alloc_mutex"}; }

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
        return seen::Wait{at_ns, 7, "task", WaitKind::memory, std::string(kMemory), 0, false, {}};
    };
    Digest digest(100);
    digest.note(for_memory(0));
    digest.note(for_memory(90));
    const auto told = digest.lasting(150);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().at_ns, 0U);
    digest.note(for_memory(160));
    EXPECT_TRUE(digest.lasting(400).empty());
    EXPECT_TRUE(digest.note(seen::Wake{500, 7, WaitKind::memory, std::string(kMemory)}));
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

TEST(Digest, OpenWaitsOfSomeTasksAreKnownWhetherOrNotTheyWereSent) {
    Digest digest(100);
    digest.note(wait(30, 9));
    digest.note(wait(10, 12));
    digest.note(wait(20, 13));
    digest.note(wait(5, 14));
    digest.note(wake(6, 14));
    ASSERT_EQ(digest.lasting(110).size(), 1U);
    const auto open = digest.open_of({9, 12, 14});
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(open[0].pid, 12);
    EXPECT_EQ(open[1].pid, 9);
    EXPECT_EQ(digest.rest().size(), 2U);  // that they were asked for does not count as sent
}

TEST(Digest, OtherObservationsPass) {
    Digest digest(100);
    EXPECT_TRUE(digest.note(seen::Phase{1, "load"}));
}

}  // namespace
}  // namespace blkhang
