// SPDX-License-Identifier: GPL-2.0-only
#include "judge/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/testing/builders.h"

namespace blkhang {
namespace {

using build::kMs;
using build::tick;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Demands demand(std::map<std::string, std::uint64_t> coverage) { return {std::move(coverage), 20 * kMs}; }

Judge judge_of(const std::vector<Observation>& observations, Demands demands = {}) {
    Judge judge{std::move(demands)};
    judge.observe(seen::Hello{});
    judge.observe(build::watched());
    judge.observe(seen::Phase{0, std::string(seen::kLoadPhase)});
    for (const auto& one : observations) {
        judge.observe(one);
    }
    return judge;
}

seen::Counters counters(std::uint64_t trials, std::uint64_t lost = 0) {
    return {kMs, {}, {{"trials", trials}, {"swap_outs", 500}}, {}, lost};
}

std::vector<std::int32_t> pids(const std::optional<Deadlock>& deadlock) {
    std::vector<std::int32_t> result;
    if (deadlock) {
        for (const auto& task : deadlock->tasks) {
            result.push_back(task.pid);
        }
    }
    return result;
}

TEST(Judge, OwnerWaitingForItsOwnMutexIsProvenOnceThatStood) {
    EXPECT_FALSE(judge_of({build::mutex_wait(7, 412, 412), tick(7)}).deadlock());
    const auto judge = judge_of({build::mutex_wait(7, 412, 412), tick(8)});
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->kind, Deadlock::Kind::self);
    EXPECT_EQ(judge.deadlock()->closed_ns, 7 * kMs);
    EXPECT_THAT(judge.deadlock()->tasks.front().holds, ElementsAre(Awaited::percpu_mutex()));
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
    EXPECT_THAT(judge.judgement().reasons, ElementsAre("task[412] waits for pcpu_alloc_mutex, which it owns itself"));
}

TEST(Judge, OwnershipFlagAloneProvesSelfDeadlock) {
    auto wait = build::mutex_wait(7, 412, 0);
    wait.owns_percpu_mutex = true;
    EXPECT_TRUE(judge_of({wait, tick(27)}).deadlock());
}

TEST(Judge, CycleOfTwoIsProvenOnlyAfterItStood) {
    auto judge = judge_of({});
    judge.observe(build::owner_waits_for_kswapd(100, 412, 45));
    judge.observe(build::mutex_wait(110, 45, 412));
    judge.observe(build::tick(129));
    EXPECT_FALSE(judge.deadlock());
    judge.observe(build::tick(130));
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->kind, Deadlock::Kind::cycle);
    EXPECT_EQ(judge.deadlock()->closed_ns, 110 * kMs);
    EXPECT_THAT(pids(judge.deadlock()), ElementsAre(412, 45)) << "the owner comes first";
    EXPECT_EQ(describe(*judge.deadlock()),
              "task[412] owns pcpu_alloc_mutex and waits for kswapd; task[45] waits for pcpu_alloc_mutex");
}

TEST(Judge, CycleOfThreeIsProven) {
    auto relay = build::owner_waits_for_kswapd(101, 45, 46);
    relay.owns_percpu_mutex = false;
    const auto judge = judge_of(
        {build::owner_waits_for_kswapd(100, 412, 45), relay, build::mutex_wait(102, 46, 412), build::tick(200)});
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->tasks.size(), 3u);
    EXPECT_EQ(judge.deadlock()->closed_ns, 102 * kMs);
}

TEST(Judge, AWakeInsideTheCycleDissolvesIt) {
    const auto judge = judge_of({build::owner_waits_for_kswapd(100, 412, 45), build::mutex_wait(101, 45, 412),
                                 build::tick(110), build::kswapd_wake(115, 412), build::tick(500)});
    EXPECT_FALSE(judge.deadlock());
    EXPECT_FALSE(judge.standing_cycle());
}

TEST(Judge, ACycleThatFormsAgainStartsItsTimeAnew) {
    Judge judge{{}};
    for (std::uint64_t at = 100; at < 1000; at += 15) {  // 60 cycles of 15 ms are not one of 900
        judge.observe(build::owner_waits_for_kswapd(at, 412, 45));
        judge.observe(build::mutex_wait(at, 45, 412));
        judge.observe(build::tick(at + 14));
        judge.observe(build::mutex_wake(at + 14, 45));
        judge.observe(build::kswapd_wake(at + 14, 412));
    }
    EXPECT_FALSE(judge.deadlock());
}

TEST(Judge, OnlyTicksMoveTime) {
    // Events of the two CPUs may arrive late: a later event alone does not show that no wake came before it.
    const auto judge = judge_of({build::owner_waits_for_kswapd(100, 412, 45), build::mutex_wait(101, 45, 412),
                                 build::mutex_wait(900, 50, 412)});
    EXPECT_FALSE(judge.deadlock());
}

TEST(Judge, TheAnnouncementOfAProofMovesTimeToo) {
    const auto judge = judge_of({build::owner_waits_for_kswapd(100, 412, 45), build::mutex_wait(101, 45, 412),
                                 seen::Proof{101 * kMs, 122 * kMs}});
    EXPECT_TRUE(judge.deadlock());
}

TEST(Judge, AnAnnouncementWithoutEvidenceProvesNothing) { EXPECT_FALSE(judge_of({seen::Proof{1, 2}}).deadlock()); }

/// Others freeze the queue, too, and wait: each closes a cycle of its own, which is younger.
TEST(Judge, WhoJoinsLaterTakesNothingAwayFromHowLongACycleHasStood) {
    std::vector<Observation> stream{build::froze(1, 50), build::queue_wait(2, 10, true), build::mutex_wait(3, 50, 10)};
    for (std::uint64_t at = 4; at < 40; at += 6) {
        const auto pid = static_cast<std::int32_t>(49 - at);
        stream.insert(stream.end(), {build::froze(at, pid), build::mutex_wait(at + 1, pid, 10), tick(at + 2)});
    }
    const auto judge = judge_of(stream);
    ASSERT_TRUE(judge.deadlock());
    EXPECT_THAT(pids(judge.deadlock()), ElementsAre(10, 50));
    EXPECT_EQ(judge.deadlock()->closed_ns, 3 * kMs);
}

/// Two CPUs tell of one task, and a proof or a table tells again what was told before.
TEST(Judge, WhatIsToldLateSaysNothingOfNow) {
    const auto froze = build::froze(1, 20);
    const auto owner_waits = build::queue_wait(5, 10, true);
    const auto freezer_waits = build::mutex_wait(6, 20, 10);
    ASSERT_TRUE(judge_of({froze, owner_waits, freezer_waits, tick(100)}).deadlock());
    EXPECT_FALSE(judge_of({froze, owner_waits, build::queue_wake(7, 10), owner_waits, freezer_waits, tick(100)})
                     .standing_cycle())
        << "a wait that is over begins again";
    EXPECT_FALSE(
        judge_of({froze, build::released(2, 20), froze, owner_waits, freezer_waits, tick(100)}).standing_cycle())
        << "a freeze that is over begins again";
    EXPECT_TRUE(
        judge_of({froze, owner_waits, build::owner_waits_for_kswapd(4, 10, 45), freezer_waits, tick(100)}).deadlock())
        << "an earlier wait replaces a later one";
    EXPECT_TRUE(judge_of({froze, owner_waits, build::queue_wake(4, 10), freezer_waits, tick(100)}).deadlock())
        << "the end of an earlier wait ends a later one";
}

TEST(Judge, TheFirstProofStays) {
    const auto judge =
        judge_of({build::mutex_wait(7, 412, 412), tick(40), build::froze(41, 5), build::queue_wait(50, 5), tick(90)});
    EXPECT_THAT(pids(judge.deadlock()), ElementsAre(412));
}

TEST(Judge, AStandingCycleIsKnownBeforeItIsAProof) {
    Judge judge{{}};
    judge.observe(build::owner_waits_for_kswapd(100, 412, 45));
    judge.observe(build::mutex_wait(110, 45, 412));
    judge.observe(build::tick(105));
    EXPECT_FALSE(judge.standing_cycle()) << "not all of it was open at the last tick";
    judge.observe(build::tick(112));
    EXPECT_TRUE(judge.standing_cycle());
    EXPECT_FALSE(judge.deadlock());
}

TEST(Judge, NothingIsCleanWithoutProbes) {
    Judge unwatched{Demands{}};
    unwatched.observe(seen::Hello{});
    unwatched.observe(seen::Phase{0, "load"});
    unwatched.observe(counters(25));
    EXPECT_EQ(unwatched.judgement().verdict, Verdict::inconclusive);
    EXPECT_THAT(unwatched.judgement().reasons, ElementsAre(HasSubstr("nothing was watched")));
}

TEST(Judge, NothingIsCleanWithoutOneOfTheProbesOfItsCycle) {
    for (const char* gone : {"fexit:pcpu_alloc", "fentry:submit_bio_noacct", "fentry:__mutex_lock_killable_slowpath",
                             "fexit:throttle_direct_reclaim"}) {
        auto tier = build::watched();
        std::erase(tier.attached, gone);
        EXPECT_EQ(judge_of({tier, counters(25)}).judgement().verdict, Verdict::inconclusive) << gone;
    }
    auto tier = build::watched();
    std::erase(tier.attached, "fentry:blk_mq_unfreeze_queue");
    EXPECT_EQ(judge_of({tier, counters(25)}).judgement().verdict, Verdict::clean) << "no queue is frozen there";
    auto frozen = counters(25);
    frozen.coverage = {{"trials", 25}, {"queue_freezes", 25}};
    const auto judgement = judge_of({tier, frozen}, demand({{"queue_freezes", 20}})).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("the release of frozen queues")));
}

/// A profile need not demand what its triggers do.
TEST(Judge, WhereTriggersWroteQueuesHaveToBeWatched) {
    auto tier = build::watched();
    std::erase(tier.attached, "fentry:blk_mq_freeze_queue_wait");
    auto written = counters(25);
    written.coverage["trigger_trials"] = 0;
    EXPECT_EQ(judge_of({tier, written}).judgement().verdict, Verdict::clean);
    written.coverage["trigger_trials"] = 1;
    EXPECT_THAT(judge_of({tier, written}).judgement().reasons, ElementsAre(HasSubstr("the freezing of queues")));
}

TEST(Judge, WhatTheWatcherSaysThatItMissesCounts) {
    auto tier = build::watched();
    tier.missing = {{"kprobe_sleep", "of another tier"}, {"fentry_queue_wait", "this kernel has no __bio_queue_enter"}};
    EXPECT_EQ(judge_of({tier, counters(25)}).judgement().verdict, Verdict::clean);
    tier.missing.push_back({"fentry_sleep", "this kernel has no prepare_to_wait_event"});
    EXPECT_EQ(judge_of({tier, counters(25)}).judgement().verdict, Verdict::inconclusive);
}

/// What a run's load did by some second.
seen::Counters load_at(std::uint64_t s, std::uint64_t ios) {
    return {s * 1000 * kMs, {}, {{"trials", 25}}, {{"writers", 1}, {"ios", ios}, {"free_bytes", s}}, 0};
}

TEST(Judge, StandingStillToTheEndIsNeitherCleanNorAHang) {
    std::vector<Observation> stream;
    for (std::uint64_t s = 2; s <= 40; ++s) {
        stream.emplace_back(load_at(s, std::min<std::uint64_t>(s, 20)));
    }
    stream.emplace_back(seen::BlockedTask{7, "sync", 'D', {"__bio_queue_enter+0x1/0x2"}});
    stream.emplace_back(tick(41'000));
    const auto judgement = judge_of(stream).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre("nothing has moved since 20.0 s into the load, to the end: sync[7] is "
                                               "blocked in __bio_queue_enter"));
    stream.emplace_back(load_at(42, 21));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::clean) << "it went on";
}

std::vector<Observation> proven_two_tasks() {
    return {build::froze(1, 20), build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10), counters(25), tick(40)};
}

/// do_blk_trace_setup() allocates per-CPU memory under debugfs_mutex; elevator_switch() takes that with the queue
/// frozen (5.19 to 6.16); the owner of pcpu_alloc_mutex submits bios to that queue. All three were seen, at different
/// times, and each wait soon ended.
std::vector<Observation> three_waits_in_turn(const std::string& disk_of_mutex) {
    const auto debugfs = Awaited::mutex("debugfs_mutex", disk_of_mutex);
    auto under_debugfs = build::mutex_wait(5'000, 30, 11);
    under_debugfs.owns = std::vector<Awaited>{debugfs};
    auto counted = counters(25);
    counted.at_ns = 9'000 * kMs;
    return {build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
            build::froze(1'000, 20),
            seen::Wait{1'001 * kMs, 20, "switcher", Awaited::mutex("debugfs_mutex", "vda"), 30, false, {}},
            seen::Wake{1'300 * kMs, 20, Awaited::mutex("debugfs_mutex", "vda")},
            build::released(1'400, 20),
            under_debugfs,
            build::mutex_wake(5'300, 30),
            counted,
            tick(9'500)};
}

TEST(Judge, AWaitIsANestingOfWhatTheTaskHolds) {
    const auto judgement = judge_of(three_waits_in_turn("vda")).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::hazard);
    EXPECT_THAT(judgement.reasons,
                ElementsAre("lock cycle pcpu_alloc_mutex -> queue of vda -> debugfs_mutex of vda -> pcpu_alloc_mutex: "
                            "the owner of pcpu_alloc_mutex submitted bios to vda, which wait while its queue is "
                            "frozen; a task that had the queue of vda frozen waited for debugfs_mutex of vda; the "
                            "owner of debugfs_mutex of vda waited for pcpu_alloc_mutex"));
    EXPECT_EQ(judge_of(three_waits_in_turn("vdb")).judgement().verdict, Verdict::clean) << "each disk has its own";
}

TEST(Judge, WhatWasReleasedBeforeTheWaitIsNotHeldInIt) {
    auto stream = three_waits_in_turn("vda");
    std::swap(stream[1], stream[4]);
    std::get<seen::Freeze>(stream[1]) = build::released(900, 20);
    std::get<seen::Freeze>(stream[4]) = build::froze(1'400, 20);
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::clean);
}

/// The release of the queue may be what was lost.
TEST(Judge, AfterALossNobodyIsKnownToHaveWaitedWithAQueueFrozen) {
    auto stream = three_waits_in_turn("vda");
    std::get<seen::Counters>(stream[7]).lost_events = 1;
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
}

TEST(Judge, ACycleThatEndedByItselfIsAHazardWithItsLength) {
    auto stream = proven_two_tasks();
    ASSERT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    stream.emplace_back(build::mutex_wake(63, 20));
    const auto judge = judge_of(stream);
    EXPECT_FALSE(judge.deadlock());
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard);
    EXPECT_THAT(judge.judgement().reasons,
                ElementsAre(HasSubstr("lock cycle pcpu_alloc_mutex -> queue of vda -> pcpu_alloc_mutex"),
                            HasSubstr("a cycle of waits that ended by itself after 60.0 ms: task[10]")));
    stream.emplace_back(counters(25, 1));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
}

TEST(Judge, AReleaseOfTheQueueEndsTheCycle) {
    auto stream = proven_two_tasks();
    stream.emplace_back(build::released(50, 20));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hazard);
}

TEST(Judge, WhatEndsAfterAKillWasADeadlock) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::Kill{60 * kMs, 20});
    stream.emplace_back(build::mutex_wake(63, 20));
    stream.emplace_back(build::queue_wake(64, 10));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, WhereKillsAreNotToldTheRecoveryTellsWhetherThereWasOne) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::Phase{50 * kMs, "recovery"});
    ASSERT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    stream.emplace_back(build::mutex_wake(63, 20));
    ASSERT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
    auto killed = stream;
    killed.emplace_back(seen::Recovery{70 * kMs, true, "SIGKILL to task[20], which waited killably"});
    EXPECT_EQ(judge_of(killed).judgement().verdict, Verdict::hang);
    stream.emplace_back(seen::Recovery{70 * kMs, false, "nobody was killed"});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hazard);
}

TEST(Judge, ADeadlockMayFollowACycleThatEnded) {
    auto stream = proven_two_tasks();
    stream.emplace_back(build::mutex_wake(63, 20));
    stream.emplace_back(build::mutex_wait(70, 20, 10));
    stream.emplace_back(tick(100));
    const auto judge = judge_of(stream);
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->closed_ns, 70 * kMs);
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
}

TEST(Judge, ATaskThatIsFoundElsewhereTakesTheProofBack) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::BlockedTask{20, "task", 'D', {"pcpu_alloc+0x1/0x2", "elevator_switch+0x1/0x2"}});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    stream.emplace_back(seen::BlockedTask{10, "task", 'S', {"pipe_read+0x1/0x2"}});
    const auto judgement = judge_of(stream).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons,
                ElementsAre(AllOf(HasSubstr("it seemed that"), HasSubstr("[10] was elsewhere (pipe_read"))));
}

TEST(Judge, OneTaskAwakeMaySpinBothTakeTheProofBack) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::BlockedTask{20, "task", 'R', {}});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    stream.emplace_back(seen::BlockedTask{10, "task", 'S', {}});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
}

/// Real stacks, of a real hang (elv-switch, deb:5.10, probe.tier=kprobe): before 5.15 no stack can be followed past a
/// return probe, whose trampoline is where such a call returns to. It has no symbol of its own in 5.10, and is named
/// after the function before it, at that one's very end.
TEST(Judge, AStackThatEndsAtAReturnProbeDoesNotSpeakAgainstAProof) {
    const std::vector<Observation> stream{
        build::froze(1, 20),
        build::queue_wait(2, 10, true),
        build::mutex_wait(3, 20, 10),
        tick(30),
        seen::BlockedTask{10, "percpu", 'D', {"blk_queue_enter+0x112/0x230", "elfcorehdr_read+0x40/0x40"}},
        seen::BlockedTask{20, "trigger", 'D', {"elfcorehdr_read+0x40/0x40"}},
        tick(60)};
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    for (const char* trampoline : {"kretprobe_trampoline+0x0/0x50", "__kretprobe_trampoline+0x0/0x50"}) {
        auto named = stream;
        named[5] = seen::BlockedTask{20, "trigger", 'D', {trampoline}};
        EXPECT_EQ(judge_of(named).judgement().verdict, Verdict::hang) << trampoline;
    }
}

TEST(Judge, AnAnnouncementThatCarriesItsWaitsIsAllTheEvidenceThatIsNeeded) {
    const seen::Proof proof{3 * kMs, 25 * kMs,
                            std::vector<seen::Wait>{build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10)},
                            std::vector<seen::Freeze>{build::froze(1, 20)}};
    EXPECT_EQ(judge_of({proof}).judgement().verdict, Verdict::hang);
    auto too_young = proof;
    too_young.detected_ns = 22 * kMs;
    EXPECT_FALSE(judge_of({too_young}).deadlock()) << "it says itself that the cycle did not stand";
    EXPECT_TRUE(judge_of({too_young}).standing_cycle());
}

TEST(Judge, AnAnnouncementThatArrivesTwiceCountsOnce) {
    const seen::Proof proof{3 * kMs, 25 * kMs,
                            std::vector<seen::Wait>{build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10)},
                            std::vector<seen::Freeze>{build::froze(1, 20)}};
    const auto judge = judge_of({proof, build::mutex_wake(60, 20), build::released(61, 20), proof, tick(200)});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard);
}

TEST(Judge, WhatIsLostAfterAProofHasToBeMadeUpForByLooks) {
    auto stream = proven_two_tasks();
    stream.emplace_back(counters(25, 1));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
    stream.emplace_back(seen::BlockedTask{20, "task", 'D', {"pcpu_alloc+0x1/0x2"}});
    stream.emplace_back(seen::BlockedTask{10, "task", 'D', {}});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive) << "it may sleep elsewhere";
    stream.emplace_back(seen::BlockedTask{10, "task", 'D', {"__bio_queue_enter+0x1/0x2"}});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, WhatIsToldAgainAfterALossMakesUpForIt) {
    auto stream = proven_two_tasks();
    stream.insert(stream.end(), {counters(25, 1), build::froze(1, 20), build::queue_wait(2, 10, true)});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
    stream.emplace_back(build::mutex_wait(3, 20, 10));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, ALookFromBeforeTheWaitSaysNothingOfIt) {
    const seen::BlockedTask late{10, "task", 'S', {"pipe_read+0x1/0x2"}, 1 * kMs};
    const auto early = judge_of({build::froze(1, 20), build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10),
                                 late, counters(25), tick(40)});
    EXPECT_TRUE(early.deadlock());
    auto stream = proven_two_tasks();
    stream.emplace_back(late);
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, ACircleAtTheVeryEndIsNotClean) {
    const std::vector<Observation> over_kswapd{build::froze(1, 20),
                                               build::queue_wait(2, 45),
                                               build::owner_waits_for_kswapd(3, 10, 45),
                                               build::mutex_wait(4, 20, 10),
                                               counters(25),
                                               tick(10)};
    const auto judgement = judge_of(over_kswapd).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("too briefly to tell")));
    const auto of_locks = judge_of({build::froze(1, 20), build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10),
                                    counters(25), tick(10)})
                              .judgement();
    EXPECT_EQ(of_locks.verdict, Verdict::hazard) << "however briefly, each wanted what the other had";
}

TEST(Judge, OnlyAKillOfOneOfItsTasksThatCameFirstEndsADeadlock) {
    auto other = proven_two_tasks();
    other.emplace_back(seen::Kill{60 * kMs, 777});
    other.emplace_back(build::mutex_wake(63, 20));
    EXPECT_EQ(judge_of(other).judgement().verdict, Verdict::hazard);
    auto late = proven_two_tasks();
    late.emplace_back(seen::Kill{65 * kMs, 20});
    late.emplace_back(build::mutex_wake(63, 20));
    EXPECT_EQ(judge_of(late).judgement().verdict, Verdict::hazard);
}

/// A run of a profile whose trigger froze a queue 500 times, with so many allocations with GFP_NOWAIT meanwhile.
Judgement judged_freezes(std::uint64_t allocations, std::uint64_t waiting_freezes) {
    Demands demands{{{"trials", 20}}, 20 * kMs};
    demands.trial = "trigger_trials";
    Judge judge{std::move(demands)};
    for (const auto& one :
         std::vector<Observation>{seen::Hello{}, build::watched(), seen::Phase{0, std::string(seen::kLoadPhase)},
                                  seen::Counters{kMs,
                                                 {{Scope::queue_frozen, Scope::percpu_alloc_nowait, allocations}},
                                                 {{"trigger_trials", 500}, {"waiting_freezes", waiting_freezes}},
                                                 {},
                                                 0},
                                  tick(10)}) {
        judge.observe(one);
    }
    return judge.judgement();
}

TEST(Judge, WhereTheFirstTryNeverWaitsATrialIsAFreezeInWhichItFailed) {
    EXPECT_EQ(judged_freezes(50'000, 0).trials, 0U);
    EXPECT_EQ(judged_freezes(50'000, 0).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged_freezes(50'000, 19).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged_freezes(50'000, 20).verdict, Verdict::clean) << "a mended kernel can be shown to be";
    EXPECT_EQ(judged_freezes(499, 0).verdict, Verdict::inconclusive) << "one write found nothing to allocate for";
}

TEST(Judge, OneAllocationOfABioThatTheFreezerSentTakesNoTrialsAway) {
    EXPECT_EQ(judged_freezes(1, 0).trials, 500U);
    EXPECT_EQ(judged_freezes(1, 0).verdict, Verdict::clean);
}

TEST(Judge, ADeadlockMayFollowAProofThatWasTakenBack) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::BlockedTask{10, "task", 'S', {"pipe_read+0x1/0x2"}, 45 * kMs});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive);
    stream.emplace_back(build::queue_wait(50, 10, true));
    stream.emplace_back(tick(90));
    EXPECT_NE(judge_of(stream).judgement().verdict, Verdict::hang) << "so soon after a mistake";
    stream.emplace_back(tick(1'060));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, DamagedEvidenceIsLostEvidence) {
    auto judge = judge_of({build::froze(1, 20), build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10)});
    judge.evidence_damaged(1);
    judge.observe(tick(40));
    EXPECT_FALSE(judge.deadlock());
    auto proven = judge_of(proven_two_tasks());
    proven.evidence_damaged(1);
    EXPECT_FALSE(proven.deadlock());
}

TEST(Judge, WhatEndedIsNotBegunByATaleOfIt) {
    const seen::Proof proof{3 * kMs, 25 * kMs,
                            std::vector<seen::Wait>{build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10)},
                            std::vector<seen::Freeze>{build::froze(1, 20)}};
    const auto judge = judge_of({build::mutex_wait(3, 20, 10), build::mutex_wake(12, 20), build::released(13, 20),
                                 proof, counters(25), tick(90)});
    EXPECT_FALSE(judge.deadlock());
    EXPECT_EQ(judge.judgement().verdict, Verdict::inconclusive);
    EXPECT_THAT(judge.judgement().reasons, ElementsAre(HasSubstr("a proof that the evidence does not bear out")));
}

TEST(Judge, QueuesWithoutADiskCloseNoLockCycle) {
    const auto judgement =
        judge_of({build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "0:0"),
                  build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, "0:0"), counters(25)})
            .judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
}

TEST(Judge, AnOldNameThatNewKernelsPassByIsNotWatching) {
    auto tier = build::watched();
    std::erase(tier.attached, "fentry:__bio_queue_enter");
    tier.attached.insert(tier.attached.end(), {"fentry:blk_queue_enter", "fexit:blk_queue_enter"});
    auto frozen = counters(25);
    frozen.coverage = {{"trials", 25}, {"queue_freezes", 25}};
    seen::Hello hello{};
    hello.release = "5.10.0-46-cloud-amd64";
    const auto demands = demand({{"queue_freezes", 20}});
    EXPECT_EQ(judge_of({hello, tier, frozen}, demands).judgement().verdict, Verdict::clean);
    hello.release = "6.1.0-56-cloud-amd64";
    EXPECT_EQ(judge_of({hello, tier, frozen}, demands).judgement().verdict, Verdict::inconclusive);
}

TEST(Judge, CountersThatStopWhileTimeGoesOnAreAStandstill) {
    EXPECT_EQ(judge_of({load_at(2, 1), load_at(3, 2), tick(5'000)}).judgement().verdict, Verdict::clean);
    EXPECT_EQ(judge_of({load_at(2, 1), load_at(3, 2), tick(60'000)}).judgement().verdict, Verdict::inconclusive);
}

/// A watcher that was stuck for most of the load tells when that ended, and of nothing before it.
TEST(Judge, SilenceToTheEndOfTheLoadIsAStandstill) {
    const seen::Phase after{90'000 * kMs, "teardown"};
    EXPECT_THAT(judge_of({load_at(2, 1), load_at(3, 2), tick(4'000), after}).judgement().reasons,
                ElementsAre(HasSubstr("nothing has moved since 3.0 s")));
    EXPECT_EQ(judge_of({load_at(2, 1), load_at(3, 2), tick(4'000), load_at(89, 9), after}).judgement().verdict,
              Verdict::clean);
}

/// Half of a short load, fifteen seconds of a long one.
TEST(Judge, AShortLoadThatStoodStillForHalfOfItIsNotClean) {
    EXPECT_EQ(judge_of({load_at(2, 1), load_at(3, 2), tick(9'000)}).judgement().verdict, Verdict::inconclusive);
    std::vector<Observation> stream{load_at(2, 1), load_at(11, 9), build::mutex_wait(2'000, 20, 10)};
    stream.emplace_back(tick(12'000));
    EXPECT_THAT(judge_of(stream).judgement().reasons, ElementsAre(HasSubstr("[20] waited for pcpu_alloc_mutex")));
}

/// What leaves the machine by the shared page may arrive before the stream that says the same and what came before.
TEST(Judge, AProofThatOvertakesTheStreamStandsWhenItArrives) {
    const seen::Proof proof{30 * kMs, 52 * kMs,
                            std::vector<seen::Wait>{build::queue_wait(29, 10, true), build::mutex_wait(30, 20, 10)},
                            std::vector<seen::Freeze>{build::froze(28, 20)}};
    const std::vector<Observation> stream{proof,
                                          build::froze(10, 20),
                                          build::queue_wait(11, 10, false),
                                          build::queue_wake(12, 10),
                                          build::released(13, 20),
                                          build::froze(28, 20),
                                          build::queue_wait(29, 10, true),
                                          build::mutex_wait(30, 20, 10),
                                          proof,
                                          tick(60)};
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
}

TEST(Judge, WhatSpeaksAgainstAProofSpeaksAgainstItsStandingWhenTheMachineDies) {
    auto stream = proven_two_tasks();
    stream.emplace_back(seen::BlockedTask{20, "task", 'R', {}});
    stream.emplace_back(seen::BlockedTask{10, "task", 'S', {}});
    const auto judge = judge_of(stream);
    EXPECT_FALSE(judge.standing_cycle());
    EXPECT_THAT(judge.doubts_of_proofs(), ElementsAre(HasSubstr("it seemed that")));
}

/// A limit's writer has entered the queue and allocates; whoever freezes it waits for him, and the owner of the mutex
/// for the queue.
TEST(Judge, TheUseOfAQueueIsHeldLikeALock) {
    std::vector<Observation> stream{counters(25), build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
                                    build::edge_on_disk(Scope::queue_used, Scope::percpu_alloc, "vda")};
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::clean) << "nobody froze it";
    stream.emplace_back(build::froze(10, 20));
    stream.emplace_back(build::released(11, 20));
    const auto judgement = judge_of(stream).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::hazard);
    EXPECT_THAT(
        judgement.reasons,
        ElementsAre(AllOf(HasSubstr("pcpu_alloc_mutex -> queue of vda -> users of queue vda -> pcpu_alloc_mutex"),
                          HasSubstr("a task that had entered the queue of vda made a per-CPU allocation"))));
}

TEST(Judge, AWaitForItsOwnMutexThatEndsAtOnceIsAHazard) {
    auto wake = build::mutex_wake(7, 412);
    wake.at_ns += 5'000;
    const auto judge = judge_of({build::mutex_wait(7, 412, 412), wake, counters(25), tick(40)});
    EXPECT_FALSE(judge.deadlock());
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard);
    EXPECT_THAT(judge.judgement().reasons,
                ElementsAre("task[412] waited for pcpu_alloc_mutex, which it owned itself; that ended by itself after "
                            "5 us"));
}

TEST(Judge, AWakeThatIsToldLateDoesNotEndAWaitForItsOwnMutex) {
    const auto judge =
        judge_of({build::mutex_wait(7, 412, 412), build::mutex_wake(5, 412), build::exited(6, 412), tick(20)});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
    EXPECT_THAT(judge.judgement().reasons, ElementsAre("task[412] waits for pcpu_alloc_mutex, which it owns itself"));
}

TEST(Judge, LostEventsTakeTheGroundFromACycle) {
    const auto judge = judge_of({build::owner_waits_for_kswapd(100, 412, 45), build::mutex_wait(101, 45, 412),
                                 counters(30, 5), build::tick(500)});
    EXPECT_FALSE(judge.deadlock()) << "the wake may be among what was lost";
    EXPECT_EQ(judge.judgement().verdict, Verdict::inconclusive);
}

TEST(Judge, NoProgressIsNotAHang) {
    // Twenty seconds in which a thrashing machine gets nothing done: the same tasks wait and are woken, over and over.
    std::vector<Observation> stream;
    for (std::uint64_t at = 0; at < 20'000; at += 50) {
        stream.emplace_back(build::owner_waits_for_kswapd(at, 412, 45));
        stream.emplace_back(build::mutex_wait(at + 1, 50, 412));
        stream.emplace_back(build::tick(at + 40));
        stream.emplace_back(build::kswapd_wake(at + 45, 412));
        stream.emplace_back(build::mutex_wake(at + 46, 50));
    }
    stream.emplace_back(load_at(20, 1));
    const auto judge = judge_of(stream, demand({{"trials", 20}}));
    EXPECT_FALSE(judge.deadlock());
    EXPECT_EQ(judge.judgement().verdict, Verdict::clean);
}

TEST(Judge, AWriterStuckForTwentySecondsBehindALivingOwnerIsNeitherAHangNorClean) {
    std::vector<Observation> stream{build::mutex_wait(0, 50, 412)};
    for (std::uint64_t at = 0; at <= 20'000; at += 100) {
        stream.emplace_back(build::tick(at));
    }
    stream.emplace_back(load_at(20, 1));
    EXPECT_THAT(
        judge_of(stream).judgement().reasons,
        ElementsAre("task[50] waited for pcpu_alloc_mutex for 20.0 s, to the end of the load, and nothing closes "
                    "a circle"));
    stream.emplace_back(seen::Phase{20'000 * kMs, "teardown"});
    stream.emplace_back(build::mutex_wake(20'001, 50));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive) << "ended with the load, by a kill maybe";
    stream.insert(std::prev(stream.end(), 2), build::mutex_wake(19'990, 50));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::clean);
}

TEST(Judge, NestedNowaitIsNeitherDeadlockNorHazard) {
    auto counted = counters(25);
    counted.edges = {{Scope::percpu_mutex, Scope::reclaim, 221},
                     {Scope::reclaim, Scope::percpu_alloc_nowait, 90},
                     {Scope::percpu_mutex, Scope::percpu_alloc_nowait, 4}};
    EXPECT_EQ(judge_of({counted}).judgement().verdict, Verdict::clean);
}

TEST(Judge, SleepableAllocationInsideReclaimOfTheOwnerIsAHazard) {
    auto counted = counters(25);
    counted.edges = {{Scope::percpu_mutex, Scope::reclaim, 221}, {Scope::reclaim, Scope::percpu_alloc, 15}};
    const auto judgement = judge_of({counted}).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::hazard);
    EXPECT_THAT(
        judgement.reasons,
        ElementsAre("lock cycle pcpu_alloc_mutex -> reclaim -> pcpu_alloc_mutex: the owner of pcpu_alloc_mutex "
                    "entered reclaim that may start IO (221 times); whoever reclaimed made a per-CPU allocation "
                    "with GFP_KERNEL, which takes pcpu_alloc_mutex (15 times)"));
}

TEST(Judge, FirstOccurrencesAloneMakeAHazard) {
    const auto judge =
        judge_of({build::edge(Scope::percpu_mutex, Scope::reclaim), build::edge(Scope::reclaim, Scope::percpu_alloc)});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard);
}

TEST(Judge, NoioAllocationIsAHazardOnlyWhereItTakesTheMutex) {
    const std::vector<Observation> nesting{build::edge(Scope::percpu_mutex, Scope::reclaim),
                                           build::edge(Scope::reclaim, Scope::percpu_alloc_noio), counters(25)};
    const auto unaware = judge_of(nesting).judgement();
    EXPECT_EQ(unaware.verdict, Verdict::inconclusive);
    EXPECT_THAT(unaware.reasons, ElementsAre(HasSubstr("whether they do in this kernel (9a5b183941b5) is unknown")));

    auto stream = nesting;
    seen::Hello hello{};
    hello.fingerprints["noio_percpu_takes_mutex"] = "no";
    stream.insert(stream.begin(), hello);
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::clean);
    hello.fingerprints["noio_percpu_takes_mutex"] = "yes";
    stream.front() = hello;
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hazard);
}

TEST(Judge, CleanStatesTheTrials) {
    const auto judgement = judge_of({counters(27)}, demand({{"trials", 20}, {"swap_outs", 100}})).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::clean);
    EXPECT_EQ(judgement.trials, 27u);
    EXPECT_THAT(judgement.reasons,
                ElementsAre(HasSubstr("27 trials"), HasSubstr("watched, all that such a cycle needs: pcpu_alloc, ")));
}

TEST(Judge, InconclusiveListsEveryShortfall) {
    const auto judgement = judge_of({counters(3, 12)}, demand({{"trials", 20}, {"throttled_bios", 1}})).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre("coverage throttled_bios: 0 seen, the profile demands 1",
                                               "coverage trials: 3 seen, the profile demands 20",
                                               AllOf(HasSubstr("events lost"), HasSubstr("12"))));
    ASSERT_EQ(judgement.coverage.size(), 3u);
    EXPECT_EQ(judgement.coverage[0].id, "swap_outs");
    EXPECT_TRUE(judgement.coverage[0].met);
    EXPECT_FALSE(judgement.coverage[2].met);
}

TEST(Judge, SilenceIsInconclusive) {
    EXPECT_EQ(judge_of({}).judgement().verdict, Verdict::inconclusive);
    EXPECT_FALSE(judge_of({}).judgement().reasons.empty());
}

TEST(Judge, UnsupportedListsAllReasons) {
    const auto judgement = judge_of({seen::Unsupported{{"no memory controller", "no swap device"}}}).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::unsupported);
    EXPECT_THAT(judgement.reasons, ElementsAre("no memory controller", "no swap device"));
}

TEST(Judge, Precedence) {
    const std::vector<Observation> hazard{build::edge(Scope::percpu_mutex, Scope::reclaim),
                                          build::edge(Scope::reclaim, Scope::percpu_alloc)};
    std::vector<Observation> stream{seen::Unsupported{{"x"}}};
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::unsupported);
    stream.insert(stream.end(), hazard.begin(), hazard.end());
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hazard);
    stream.emplace_back(build::mutex_wait(7, 412, 412));
    stream.emplace_back(tick(40));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    EXPECT_EQ(judge_of(stream).judgement().reasons.size(), 2u) << "the hazard helps to understand the hang";
    stream.insert(stream.begin(), seen::Failure{"mkswap failed"});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::error);
}

TEST(Judge, WhatBreaksAfterTheProofDoesNotTakeItBack) {
    const auto judge =
        judge_of({build::mutex_wait(7, 412, 412), tick(40), seen::Failure{"could not remove the cgroups"}});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
}

TEST(Judge, VerdictNamesRoundTrip) {
    for (const auto verdict : {Verdict::error, Verdict::hang, Verdict::hazard, Verdict::unsupported,
                               Verdict::inconclusive, Verdict::clean}) {
        EXPECT_EQ(verdict_from(to_string(verdict)), verdict);
    }
    EXPECT_EQ(verdict_from("fine"), std::nullopt);
}

TEST(Judge, NoTrialsMeanNothingEvenIfTheProfileAsksForNone) {
    const auto judgement = judge_of({counters(0)}).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("no trials")));
}

/// A kernel whose per-CPU chunks are backed without IO, and what the owner of the mutex did there.
std::vector<Observation> without_owner_io(std::uint64_t reclaims, std::uint64_t bios) {
    seen::Hello hello{};
    hello.fingerprints["percpu_backing_noio"] = "yes";
    auto counted = counters(0);
    counted.coverage = {{"trials", 0}, {"owner_reclaims", reclaims}, {"owner_bios", bios}};
    return {hello, counted};
}

Demands owners_demands() { return demand({{"trials", 20}, {"owner_bios", 200}, {"owner_reclaims", 20}}); }

TEST(Judge, WhereTheOwnerStartsNoIoItsReclaimIsWhatCounts) {
    const auto judgement = judge_of(without_owner_io(599, 0), owners_demands()).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::clean);
    EXPECT_THAT(judgement.reasons,
                ElementsAre("no trial was possible: on this kernel the owner of pcpu_alloc_mutex starts no IO "
                            "(8725ae13f0ca); it reclaimed 599 times and submitted no bio; coverage met, no cycle of "
                            "locks or waits, no event lost",
                            HasSubstr("watched, all that such a cycle needs: ")));
    for (const auto& item : judgement.coverage) {
        EXPECT_EQ(item.required, item.id == "owner_reclaims" ? 20u : 0u) << item.id;
        EXPECT_TRUE(item.met) << item.id;
    }
}

TEST(Judge, WhereTheOwnerStartsNoIoItMustHaveReclaimed) {
    EXPECT_THAT(judge_of(without_owner_io(19, 0), owners_demands()).judgement().reasons,
                ElementsAre("coverage owner_reclaims: 19 seen, the profile demands 20"));
    EXPECT_EQ(judge_of(without_owner_io(0, 0)).judgement().verdict, Verdict::inconclusive)
        << "even if the profile asks for none";
}

TEST(Judge, AnOwnerThatStartsIoAgainstItsFingerprintOwesTheTrials) {
    const auto judgement = judge_of(without_owner_io(599, 3), owners_demands()).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre("coverage owner_bios: 3 seen, the profile demands 200",
                                               "coverage trials: 0 seen, the profile demands 20",
                                               "no trials: the dangerous situation never arose"));
}

TEST(Judge, NoioAllocationCountsOnceItWasSeenToWaitForTheMutex) {
    seen::Counters counters{};
    counters.coverage = {{"trials", 1}};
    counters.edges = {{Scope::percpu_mutex, Scope::reclaim, 9}, {Scope::reclaim, Scope::percpu_alloc_noio, 2}};
    EXPECT_EQ(judge_of({counters}).judgement().verdict, Verdict::inconclusive);

    counters.edges.push_back({Scope::percpu_alloc_noio, Scope::percpu_mutex, 1});
    EXPECT_EQ(judge_of({counters}).judgement().verdict, Verdict::hazard);
}

std::vector<Observation> both_edges(Scope allocation, const std::string& other_disk) {
    return {build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
            build::edge_on_disk(Scope::queue_frozen, allocation, other_disk), counters(30)};
}

TEST(Judge, BothEdgesOnOneDiskAreAHazardWithoutAnyHang) {
    const auto judgement = judge_of(both_edges(Scope::percpu_alloc, "vda"), Demands{}).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::hazard);
    EXPECT_THAT(judgement.reasons,
                ElementsAre("lock cycle pcpu_alloc_mutex -> queue of vda -> pcpu_alloc_mutex: the owner of "
                            "pcpu_alloc_mutex submitted bios to vda, which wait while its queue is frozen; a task that "
                            "had the queue of vda frozen made a per-CPU allocation with GFP_KERNEL, which takes "
                            "pcpu_alloc_mutex"));
    EXPECT_EQ(judge_of(both_edges(Scope::percpu_alloc, "vdb"), Demands{}).judgement().verdict, Verdict::clean);
}

TEST(Judge, NoioAllocationUnderAFrozenQueueIsAHazardOnlyWhereItTakesTheMutex) {
    auto stream = both_edges(Scope::percpu_alloc_noio, "vda");
    EXPECT_EQ(judge_of(stream, Demands{}).judgement().verdict, Verdict::inconclusive);
    seen::Hello hello{};
    hello.fingerprints = {{std::string(kNoioTakesMutex), "no"}};
    stream.insert(stream.begin(), hello);
    EXPECT_EQ(judge_of(stream, Demands{}).judgement().verdict, Verdict::clean);
    hello.fingerprints = {{std::string(kNoioTakesMutex), "yes"}};
    stream.front() = hello;
    EXPECT_EQ(judge_of(stream, Demands{}).judgement().verdict, Verdict::hazard);
}

TEST(Judge, ThreeTasksEachWithItsPart) {
    const auto judge = judge_of({build::froze(1, 20), build::queue_wait(2, 10, true), build::mutex_wait(3, 30, 10),
                                 build::blkcg_wait(4, 20, 30), tick(40)},
                                Demands{});
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(pids(judge.deadlock()), (std::vector<std::int32_t>{10, 20, 30}));
    EXPECT_EQ(describe(*judge.deadlock()),
              "task[10] owns pcpu_alloc_mutex and waits for frozen queue vda; "
              "task[20] has queue vda frozen and waits for blkcg_mutex of vda; "
              "task[30] owns blkcg_mutex of vda and waits for pcpu_alloc_mutex");
}

TEST(Judge, TaskThatWaitsForTheQueueItFroze) {
    const auto judge = judge_of({build::froze(1, 20), build::queue_wait(2, 20), tick(40)}, Demands{});
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->kind, Deadlock::Kind::self);
    EXPECT_EQ(describe(*judge.deadlock()), "task[20] waits for frozen queue vda, which it froze itself");
}

std::vector<Observation> livelock_until(std::uint64_t end_ms) {
    return {build::froze(1, 20),
            build::memory_wait(2, 10),
            build::mutex_wait(3, 20, 10),
            build::queue_wait(4, 45),
            counters(30),
            tick(end_ms)};
}

TEST(Judge, LivelockStoodUntilEventsWereLostAndMayHaveEndedThen) {
    auto stream = livelock_until(70'000);
    ASSERT_EQ(judge_of(stream, Demands{}).judgement().verdict, Verdict::hang);
    stream.emplace_back(counters(30, 1));
    const auto judge = judge_of(stream, Demands{});
    EXPECT_EQ(judge.judgement().verdict, Verdict::hazard);
    ASSERT_TRUE(judge.livelock());
    EXPECT_FALSE(judge.livelock()->stands);
    EXPECT_EQ(judge.livelock()->lasted_ns, 69'996 * kMs);
}

TEST(Judge, LivelockIsAHangOnlyIfItLastsAMinuteAndToTheEnd) {
    EXPECT_EQ(judge_of(livelock_until(4'000), Demands{}).judgement().verdict, Verdict::inconclusive);
    EXPECT_EQ(judge_of(livelock_until(30'000), Demands{}).judgement().verdict, Verdict::hazard);
    auto stream = livelock_until(70'000);
    const auto standing = judge_of(stream, Demands{});
    EXPECT_EQ(standing.judgement().verdict, Verdict::hang);
    EXPECT_FALSE(standing.deadlock()) << "it may still dissolve: the watch goes on";

    stream.emplace_back(build::memory_wake(70'001, 10));
    stream.emplace_back(tick(70'002));
    const auto dissolved = judge_of(stream, Demands{});
    EXPECT_EQ(dissolved.judgement().verdict, Verdict::hazard);
    ASSERT_TRUE(dissolved.livelock());
    EXPECT_FALSE(dissolved.livelock()->stands);
    EXPECT_EQ(dissolved.livelock()->lasted_ns, 69'996 * kMs);
    EXPECT_THAT(dissolved.judgement().reasons, ElementsAre(HasSubstr("livelock of 70.0 s: task[10] owns")));
}

TEST(Judge, ProfileNamesTheCounterThatItsTrialsAre) {
    seen::Counters counters{};
    counters.coverage = {{"trigger_successes", 25}};
    auto demands = demand({{"trials", 20}});
    demands.trial = "trigger_successes";
    EXPECT_EQ(judge_of({counters}, demands).judgement().trials, 25U);
    EXPECT_EQ(judge_of({counters}, demand({{"trials", 20}})).judgement().trials, 0U);
}

TEST(Judge, AProofWithoutACycleIsTold) {
    const seen::Proof proof{3 * kMs, 25 * kMs, std::vector<seen::Wait>{}};
    const auto judgement = judge_of({proof, counters(25), tick(40)}).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("announced a proof")));
}

TEST(Judge, ALossBeforeTheProofThatArrivesBehindItTakesNothingBack) {
    auto stream = proven_two_tasks();
    const auto is_wait = [](const Observation& one) { return std::holds_alternative<seen::Wait>(one); };
    std::erase_if(stream, is_wait);
    const seen::Proof proof{3 * kMs, 35 * kMs,
                            std::vector<seen::Wait>{build::queue_wait(2, 10, true), build::mutex_wait(3, 20, 10)},
                            std::vector<seen::Freeze>{build::froze(1, 20)}};
    auto loss = counters(25, 1);
    loss.at_ns = 34 * kMs;
    stream.insert(stream.end(), {proof, loss, proof, tick(50)});
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hang);
    loss.at_ns = 36 * kMs;
    loss.lost_events = 2;
    stream.emplace_back(loss);
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::inconclusive) << "this one may hide its end";
}

/// As livelock_until(), of other tasks, from `begin_ms` on.
std::vector<Observation> another_livelock(std::uint64_t begin_ms) {
    return {build::froze(begin_ms, 21), build::memory_wait(begin_ms + 1, 11), build::mutex_wait(begin_ms + 2, 21, 11),
            build::queue_wait(begin_ms + 3, 46)};
}

TEST(Judge, ALivelockThatStandsIsAHangThoughALongerOneEnded) {
    auto stream = livelock_until(80'000);
    stream.insert(stream.end(), {build::memory_wake(80'001, 10), build::mutex_wake(80'001, 20),
                                 build::queue_wake(80'001, 45), build::released(80'001, 20)});
    const auto second = another_livelock(81'000);
    stream.insert(stream.end(), second.begin(), second.end());
    stream.emplace_back(tick(120'000));
    EXPECT_EQ(judge_of(stream).judgement().verdict, Verdict::hazard);
    stream.emplace_back(tick(146'000));
    const auto judge = judge_of(stream);
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
    EXPECT_TRUE(judge.livelock()->stands);
}

TEST(Judge, WhatBreaksBehindALivelockThatIsAHangSaysNothingAgainstIt) {
    auto early = livelock_until(30'000);
    early.emplace_back(seen::Failure{"could not remove a cgroup"});
    early.emplace_back(tick(70'000));
    EXPECT_EQ(judge_of(early).judgement().verdict, Verdict::error);
    auto late = livelock_until(70'000);
    late.emplace_back(seen::Failure{"could not remove a cgroup"});
    EXPECT_EQ(judge_of(late).judgement().verdict, Verdict::hang);
    late.emplace_back(build::memory_wake(70'001, 10));
    late.emplace_back(tick(70'002));
    EXPECT_EQ(judge_of(late).judgement().verdict, Verdict::error) << "it ended, so that the failure counts";
}

/// By so many maps, whose creation takes pcpu_alloc_mutex, at some time.
seen::Counters maps_at(std::uint64_t at_ms, std::uint64_t count) {
    return {at_ms * kMs, {}, {{"trials", 30}}, {{"maps_created", count}}, 0};
}

TEST(Judge, WhoTakesTheMutexMeanwhileContradictsACycleOverIt) {
    for (const std::uint64_t made : {60, 70}) {  // some may have been under way, beyond the mutex
        auto stall = livelock_until(1'000);
        stall.insert(stall.end(), {maps_at(1'000, 100), tick(60'000), maps_at(60'000, 100 + made), tick(65'000)});
        const auto judgement = judge_of(stall).judgement();
        EXPECT_EQ(judgement.verdict, made > 64 ? Verdict::inconclusive : Verdict::hang) << made;
        auto proof = proven_two_tasks();
        proof.insert(proof.end(), {maps_at(41, 100), maps_at(60, 100 + made), tick(60)});
        EXPECT_EQ(judge_of(proof).judgement().verdict, made > 64 ? Verdict::inconclusive : Verdict::hang) << made;
    }
}

TEST(Judge, WhereTheMachineDiesACycleMustHaveStoodForAMoment) {
    EXPECT_FALSE(judge_of({build::mutex_wait(7, 412, 412), tick(7)}).standing_cycle());
    auto stream = std::vector<Observation>{build::froze(1, 20), build::queue_wait(2, 10, true),
                                           build::mutex_wait(3, 20, 10), tick(3)};
    EXPECT_FALSE(judge_of(stream).standing_cycle());
    stream.emplace_back(tick(4));
    EXPECT_TRUE(judge_of(stream).standing_cycle());
}

TEST(Judge, OneKindOfWorkerOrATriggerThatStandsToTheEndIsNotClean) {
    const auto load = [](std::uint64_t s, std::uint64_t ios, std::uint64_t cgroups, std::uint64_t attempts) {
        return seen::Counters{s * 1000 * kMs,
                              {},
                              {{"trials", 25}},
                              {{"ios", ios},
                               {"cgroups_created", cgroups},
                               {"trigger_switch_attempts", attempts},
                               {"trigger_switch_successes", 5},
                               {"swapped_out", s}},
                              0};
    };
    EXPECT_EQ(judge_of({load(1, 1, 1, 5), load(40, 2, 2, 5)}).judgement().verdict, Verdict::clean);
    EXPECT_EQ(judge_of({load(1, 1, 0, 5), load(40, 2, 0, 5)}).judgement().verdict, Verdict::clean) << "none asked for";
    EXPECT_THAT(judge_of({load(1, 1, 1, 5), load(40, 1, 2, 5), tick(40'000)}).judgement().reasons,
                ElementsAre("part of the load stood still to the end, for 15.0 s at least: ios"));
    EXPECT_THAT(judge_of({load(1, 1, 1, 6), load(40, 2, 2, 6), tick(40'000)}).judgement().reasons,
                ElementsAre(HasSubstr("trigger_switch")));
    EXPECT_THAT(judge_of({load(1, 1, 1, 5), load(40, 1, 1, 5), tick(40'000)}).judgement().reasons,
                ElementsAre(HasSubstr("nothing has moved")))
        << "what is swapped out is the kernel's doing";
}

/// It reads the file before it writes, and makes fresh disks swap before that: stuck there it had as many attempts as
/// ends, and the rest of the load went on.
TEST(Judge, ATriggerThatStopsBetweenItsAttemptsIsNotClean) {
    const auto load = [](std::uint64_t s, std::uint64_t times) {
        return seen::Counters{s * 1000 * kMs,
                              {},
                              {{"trials", 100}},
                              {{"ios", 10 * s},
                               {"cgroups_created", s},
                               {"trigger_switch_attempts", times},
                               {"trigger_switch_successes", times}},
                              0};
    };
    const auto judgement_at = [&](std::uint64_t at_24_s, std::uint64_t at_40_s) {
        return judge_of({load(4, 1), load(8, 40), load(24, at_24_s), load(40, at_40_s), tick(40'000)}).judgement();
    };
    EXPECT_EQ(judgement_at(120, 200).verdict, Verdict::clean);
    EXPECT_EQ(judgement_at(40, 40).verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement_at(40, 40).reasons,
                ElementsAre("part of the load stood still to the end, for 15.0 s at least: trigger_switch"));
}

TEST(Judge, NestingsWithoutTheirDisksAreNotCleanWhereTheyMayCloseACycle) {
    auto counted = counters(25);
    counted.edges = {{Scope::percpu_mutex, Scope::submit_bio, 100}};
    EXPECT_EQ(judge_of({counted}).judgement().verdict, Verdict::clean) << "nobody freezes a queue";
    counted.edges.push_back({Scope::queue_frozen, Scope::percpu_alloc, 7});
    EXPECT_THAT(judge_of({counted}).judgement().reasons,
                ElementsAre(AllOf(HasSubstr("if they are of one disk, which was never told"), HasSubstr("some disk"))));
    const auto allocates = build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, "vdb");
    EXPECT_THAT(judge_of({counted, allocates}).judgement().reasons, ElementsAre(HasSubstr("queue of vdb")));
    const auto submits = build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vdc");
    EXPECT_EQ(judge_of({counted, allocates, submits}).judgement().verdict, Verdict::clean) << "of different disks";
}

TEST(Judge, NothingIsCleanOfAStreamWithoutABeginning) {
    Judge judge{Demands{}};
    judge.observe(build::watched());
    seen::Counters counted{};
    counted.coverage = {{"trials", 25}};
    judge.observe(counted);
    EXPECT_THAT(judge.judgement().reasons, ElementsAre(HasSubstr("which kernel"), HasSubstr("load began")));
}

/// What tells that a writer of limits allocated (`inner`), the owner of the mutex swapped out, and the queue was
/// frozen.
Judge judge_of_limit_writer(seen::Tier tier, const std::string& release, Scope inner, Demands demands = {}) {
    Judge judge{std::move(demands)};
    seen::Hello hello{};
    hello.release = release;
    hello.fingerprints[std::string(kNoioTakesMutex)] = "yes";
    judge.observe(hello);
    judge.observe(tier);
    judge.observe(seen::Phase{0, std::string(seen::kLoadPhase)});
    judge.observe(build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"));
    judge.observe(build::froze(1, 5));
    judge.observe(build::released(2, 5));
    auto counted = counters(5);
    counted.edges = {{Scope::percpu_mutex, Scope::submit_bio, 7}, {Scope::blkg_conf, inner, 3}};
    judge.observe(counted);
    return judge;
}

/// Streams from before there was the scope queue_used.
TEST(Judge, ALimitWriterWhoseUseOfTheQueueWasNotWatchedIsNotClean) {
    auto older = build::watched();
    older.scopes.reset();
    for (const auto inner : {Scope::percpu_alloc, Scope::percpu_alloc_noio}) {
        EXPECT_EQ(judge_of_limit_writer(build::watched(), "6.1.0", inner).judgement().verdict, Verdict::clean)
            << "with no queue entered it holds up nobody";
        const auto judgement = judge_of_limit_writer(older, "6.1.0", inner).judgement();
        EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
        EXPECT_THAT(judgement.reasons,
                    ElementsAre(AllOf(HasSubstr("queue_used"), HasSubstr("5d726c4dbeed"),
                                      HasSubstr("pcpu_alloc_mutex -> queue of vda -> users of queue vda"))));
        EXPECT_EQ(judge_of_limit_writer(older, "7.2.0", inner).judgement().verdict, Verdict::clean);
    }
    EXPECT_EQ(judge_of_limit_writer(older, "6.1.0", Scope::queue_enter).judgement().verdict, Verdict::clean)
        << "to enter the queue is no reason to wait for itself";
}

/// There it is part of what the profile's own cycle may go over, whatever was counted.
TEST(Judge, AProfileOverQueuesIsNotCleanForAWatcherThatKnewNoUseOfThem) {
    auto older = build::watched();
    older.scopes.reset();
    const auto over_queues = demand({{"queue_freezes", 0}});
    const auto judgement = judge_of_limit_writer(older, "6.1.0", Scope::queue_enter, over_queues).judgement();
    EXPECT_EQ(judgement.verdict, Verdict::inconclusive);
    EXPECT_THAT(judgement.reasons, ElementsAre(HasSubstr("the watcher knew no scope queue_used")));
    EXPECT_EQ(judge_of_limit_writer(older, "6.18.1", Scope::queue_enter, over_queues).judgement().verdict,
              Verdict::clean);
    EXPECT_EQ(judge_of_limit_writer(build::watched(), "6.1.0", Scope::queue_enter, over_queues).judgement().verdict,
              Verdict::clean);
}

}  // namespace
}  // namespace blkhang
