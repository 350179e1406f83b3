// SPDX-License-Identifier: GPL-2.0-only
// What an adversary found to be judged wrongly: each of these fails until it is mended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/judge.h"
#include "judge/testing/builders.h"

namespace blkhang {
namespace {

using build::kMs;
using build::tick;

Judge adversary_judge(const std::vector<Observation>& observations, const Demands& demands = {}) {
    Judge judge{demands};
    judge.observe(seen::Hello{});
    judge.observe(build::watched());
    judge.observe(seen::Phase{0, std::string(seen::kLoadPhase)});
    for (const auto& one : observations) {
        judge.observe(one);
    }
    return judge;
}

seen::Counters moving(std::uint64_t at_s, std::map<std::string, std::uint64_t> load = {}) {
    load.emplace("ios", 10 * at_s);
    load.emplace("cgroups_created", at_s);
    load.emplace("maps_created", at_s);
    return {at_s * 1000 * kMs, {}, {{"trials", 100}, {"owner_reclaims", 100}}, std::move(load), 0};
}

/// It reads the file before it counts its next attempt, and makes fresh disks swap before that: stuck there, it has as
/// many attempts as ends.
TEST(Adversary, ATriggerThatStopsBetweenItsAttemptsStandsStill) {
    const auto trigger = [](std::uint64_t at_s, std::uint64_t times) {
        return moving(at_s, {{"trigger_switch_attempts", times},
                             {"trigger_switch_successes", times},
                             {"trigger_switch_trials", times / 2},
                             {"trigger_switch_failures", 0}});
    };
    EXPECT_EQ(adversary_judge({trigger(4, 1), trigger(8, 40), trigger(24, 120), trigger(40, 200), tick(40'000)})
                  .judgement()
                  .verdict,
              Verdict::clean);
    EXPECT_EQ(adversary_judge({trigger(4, 1), trigger(8, 40), trigger(24, 40), trigger(40, 40), tick(40'000)})
                  .judgement()
                  .verdict,
              Verdict::inconclusive);
}

/// The bios of cgroups that come and go hide that no writer gets anything done.
TEST(Adversary, WritersThatStandStillAreNotHiddenByOthersIos) {
    const auto load = [](std::uint64_t at_s, std::uint64_t writer_ios) {
        auto counters = moving(at_s, {{"writers", 1}});
        counters.coverage["writer_ios"] = writer_ios;
        return counters;
    };
    EXPECT_EQ(
        adversary_judge({load(1, 20), load(10, 150), load(25, 150), load(40, 150), tick(40'000)}).judgement().verdict,
        Verdict::inconclusive);
}

}  // namespace
}  // namespace blkhang
