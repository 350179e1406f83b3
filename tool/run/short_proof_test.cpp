// SPDX-License-Identifier: GPL-2.0-only
#include "run/short_proof.h"

#include <gtest/gtest.h>

#include "record/stream.h"

namespace blkhang {
namespace {

/// As wordy as they come: times after days, seven digits of pid, names of fifteen bytes.
seen::Wait wordy_wait(std::int32_t pid, Awaited what) {
    return {.at_ns = 999'999'999'999'999,
            .pid = pid,
            .comm = "kworker/u128:15",
            .what = std::move(what),
            .holder_pid = pid + 1,
            .owns_percpu_mutex = false,
            .stack = Stack(30, "__mutex_lock_killable_slowpath+0x123/0x456 [module]"),
            .owns = std::vector{Awaited::users_of_queue("vda"), Awaited::mutex("blkcg_mutex", "vda")},
            .reclaims = true};
}

TEST(ShortProof, OfThreeTasksTakesLessThanAKibibyte) {
    const seen::Proof proof{
        .closed_ns = 999'999'999'999'999,
        .detected_ns = 999'999'999'999'999,
        .waits = std::vector{wordy_wait(4'194'301, Awaited::frozen_queue("vdb")),
                             wordy_wait(4'194'302, Awaited::users_of_queue("vdb")),
                             wordy_wait(4'194'303, Awaited::percpu_mutex())},
        .freezes = std::vector<seen::Freeze>{{999'999'999'999'999, 4'194'301, "kworker/u128:15", "vdb", true}}};
    const auto line = short_proof(proof);
    EXPECT_LT(line.size(), 1024U);
    EXPECT_GT(encode(proof).size(), 4096U);
}

TEST(ShortProof, SaysAllButTheStacks) {
    const auto wait = wordy_wait(7, Awaited::frozen_queue("vdb"));
    const auto line = short_proof({1, 2, std::vector{wait}, std::vector<seen::Freeze>{{3, 8, "bash", "vdb", true}}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto told = std::get<seen::Proof>(decode(line).value());
    EXPECT_EQ(told.closed_ns, 1U);
    EXPECT_EQ(told.detected_ns, 2U);
    ASSERT_TRUE(told.waits && told.freezes);
    auto same = wait;
    same.stack.clear();
    EXPECT_EQ(encode(told.waits->at(0)), encode(same));
    EXPECT_EQ(told.freezes->at(0).pid, 8);
}

TEST(ShortProof, OfAStreamThatCarriesNoWaits) {
    const auto told = std::get<seen::Proof>(decode(short_proof({1, 2})).value());
    EXPECT_FALSE(told.waits);
}

}  // namespace
}  // namespace blkhang
