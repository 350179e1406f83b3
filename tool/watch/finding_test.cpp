// SPDX-License-Identifier: GPL-2.0-only
#include "watch/finding.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Finding, IsReadAsItWasWritten) {
    Finding finding;
    finding.kind = Finding::Kind::hang;
    finding.number = 3;
    finding.key = "k";
    finding.summary = "a[1] waits \"here\"\n";
    finding.reasons = {"r"};
    finding.tasks = {{1, "a", "frozen queue vda", {"pcpu_alloc_mutex"}, {"f+0x1/0x2"}}};
    finding.healed = true;
    const auto text = encode(finding);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto read = decode_finding(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(encode(*read), text);
    EXPECT_FALSE(decode_finding("{}"));
    EXPECT_FALSE(decode_finding("no json"));
}

TEST(Finding, ALockCycleIsTheSameWhateverItsCounts) {
    EXPECT_EQ(key_of_reason("lock cycle reclaim -> queue of vda -> reclaim: whoever reclaimed waits (3 times)"),
              key_of_reason("lock cycle reclaim -> queue of vda -> reclaim: whoever reclaimed waits (9 times)"));
    EXPECT_NE(key_of_reason("lock cycle reclaim -> queue of vda -> reclaim: x"),
              key_of_reason("lock cycle reclaim -> queue of vdb -> reclaim: x"));
}

TEST(Finding, ACycleThatEndedIsTheSameWhoeverWasInIt) {
    const auto* one =
        "a cycle of waits that ended by itself after 36.0 ms: a[1] owns x and waits for frozen queue vda1";
    const auto* other =
        "a cycle of waits that ended by itself after 2 us: kworker/u4:2[77] owns x and waits for frozen queue vda1";
    EXPECT_EQ(key_of_reason(one), key_of_reason(other));
    EXPECT_NE(key_of_reason(one).find("vda1"), std::string::npos);
}

TEST(Finding, ACircleHasNoBegin) {
    const DeadlockTask owner{1, "a", Awaited::frozen_queue("vda"), {Awaited::percpu_mutex()}, {}};
    const DeadlockTask freezer{2, "b", Awaited::percpu_mutex(), {Awaited::frozen_queue("vda")}, {}};
    EXPECT_EQ(key_of({Deadlock::Kind::cycle, 1, {owner, freezer}}),
              key_of({Deadlock::Kind::cycle, 9, {freezer, owner}}));
}

}  // namespace
}  // namespace blkhang
