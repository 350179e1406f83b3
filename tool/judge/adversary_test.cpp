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

/// do_blk_trace_setup() allocates per-CPU memory under debugfs_mutex; elevator_switch() takes that with the queue
/// frozen (5.19 to 6.16); the owner of pcpu_alloc_mutex submits bios to that queue. All three were seen, at different
/// times.
TEST(Adversary, AWaitIsANestingOfWhatTheTaskHolds) {
    const auto debugfs = Awaited::mutex("debugfs_mutex", "vda");
    auto under_debugfs = build::mutex_wait(5'000, 30, 11);
    under_debugfs.owns = std::vector<Awaited>{debugfs};
    auto counted = moving(9);
    counted.edges = {{Scope::percpu_mutex, Scope::submit_bio, 100}};
    const auto judge = adversary_judge(
        {build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"), build::froze(1'000, 20),
         seen::Wait{1'001 * kMs, 20, "switcher", debugfs, 30, false, {}}, seen::Wake{1'300 * kMs, 20, debugfs},
         build::released(1'400, 20), under_debugfs, build::mutex_wake(5'300, 30), counted, tick(9'500)});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard) << testing::PrintToString(judge.judgement().reasons);
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
