// SPDX-License-Identifier: GPL-2.0-only
#include "run/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/testing/builders.h"

namespace blkhang {
namespace {

using build::kMs;

/// A relay, and a judge at the other end of the line.
class RelayTest : public testing::Test {
protected:
    RelayTest()
        : relay_(Judge(Demands{}), 200 * kMs, [this](const Observation& observation) {
              sent_.push_back(observation);
              outside_.observe(observation);
          }) {
        relay_.take_in(build::watched());
    }

    template <class Kind>
    [[nodiscard]] std::size_t sent() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            sent_, [](const auto& observation) { return std::holds_alternative<Kind>(observation); }));
    }
    static seen::Counters counters(std::uint64_t at_ms, std::uint64_t lost = 0) {
        return {at_ms * kMs, {}, {{"trials", 25}}, {{"ios", at_ms}}, lost};
    }

    std::vector<Observation> sent_;
    Judge outside_{Demands{}};
    Relay relay_;
};

TEST_F(RelayTest, ShortWaitsStayInside) {
    relay_.take_in(build::mutex_wait(1, 7, 9));
    relay_.take_in(build::mutex_wake(50, 7));
    relay_.report(counters(600), 600 * kMs);
    EXPECT_EQ(sent<seen::Wait>() + sent<seen::Wake>(), 0U);
    EXPECT_EQ(sent<seen::Tick>(), 1U);
}

TEST_F(RelayTest, AProofIsOneLineAndAllThatIsNeeded) {
    relay_.take_in(build::queue_wait(2, 10, true));
    relay_.take_in(build::froze(1, 20));
    relay_.take_in(build::mutex_wait(3, 20, 10));
    relay_.take_in(build::mutex_wait(4, 30, 10));
    relay_.time_is(40 * kMs);
    ASSERT_TRUE(relay_.judge().deadlock());
    ASSERT_FALSE(outside_.deadlock());
    const auto proof = relay_.proof_of(*relay_.judge().deadlock(), 40 * kMs);
    outside_.observe(proof);
    Judge stranger{Demands{}};  // who got nothing else
    stranger.observe(proof);
    for (const Judge* judge : std::initializer_list<const Judge*>{&outside_, &stranger}) {
        ASSERT_TRUE(judge->deadlock());
        EXPECT_EQ(describe(*judge->deadlock()), describe(*relay_.judge().deadlock()));
    }
    EXPECT_EQ(sent<seen::Wait>(), 2U) << "each told a nesting that was new";
    relay_.send_rest();
    EXPECT_EQ(sent<seen::Wait>(), 3U) << "of the task that is not in the cycle";
}

TEST_F(RelayTest, HowLongACircleStoodIsKnownOutsideBeforeItsEndIs) {
    relay_.take_in(build::froze(1, 20));
    relay_.take_in(build::memory_wait(2, 20));
    relay_.take_in(build::queue_wait(3, 45));
    relay_.report(counters(500), 500 * kMs);
    for (std::uint64_t at = 1000; at <= 5400; at += 5) {  // the last report is older than the livelock's fifth second
        relay_.time_is(at * kMs);
    }
    relay_.take_in(build::memory_wake(5401, 20));
    relay_.time_is(5500 * kMs);
    EXPECT_EQ(relay_.judge().judgement().verdict, Verdict::hazard);
    EXPECT_EQ(outside_.judgement().verdict, Verdict::hazard);
}

TEST_F(RelayTest, AWaitThatALookSpeaksOfIsKnownOutside) {
    relay_.take_in(build::mutex_wait(1, 7, 9));
    relay_.take_in(seen::BlockedTask{7, "task", 'D', {"pcpu_alloc+0x1/0x2"}});
    EXPECT_EQ(sent<seen::Wait>(), 1U);
    EXPECT_EQ(sent<seen::BlockedTask>(), 1U);
}

}  // namespace
}  // namespace blkhang
