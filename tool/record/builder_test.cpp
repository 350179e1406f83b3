// SPDX-License-Identifier: GPL-2.0-only
#include "record/builder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/testing/builders.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

Record built(const std::vector<Observation>& observations, const RunEnd& end, int damaged_lines = 0) {
    RecordBuilder builder{replay::facts("")};
    builder.observe(seen::Hello{});
    builder.observe(seen::Phase{0, std::string(seen::kLoadPhase)});
    for (const auto& one : observations) {
        builder.observe(one);
    }
    for (int i = 0; i < damaged_lines; ++i) {
        builder.damaged_line();
    }
    return builder.finish(end);
}

/// A task that waits for its own mutex, and has for a while.
std::vector<Observation> own_wait() { return {build::watched(), build::mutex_wait(5, 7, 7), build::tick(7)}; }

seen::Counters enough() { return {1, {}, {{"trials", 25}, {"owner_reclaims", 60}}, {}, 0}; }

RunEnd orderly() { return {Ended::orderly, "", "kvm"}; }
RunEnd lost() { return {Ended::lost, "the guest's console fell silent", "tcg"}; }

TEST(RecordBuilder, NotesAreKeptInTheirOrder) {
    RecordBuilder builder(
        {.profile = "p", .demands = {}, .plant = "", .kernel = "k", .tool_version = "", .tool_commit = ""});
    EXPECT_FALSE(builder.finish({}).run.notes.has_value());
    builder.observe(seen::Note{1, "one"});
    builder.observe(seen::Note{2, "two"});
    EXPECT_EQ(builder.finish({}).run.notes, (std::vector<std::string>{"one", "two"}));
}

TEST(RecordBuilder, LocksCountThatWereListedAfterTheProof) {
    const auto list = [](std::uint64_t at_ms, const char* comm) {
        return std::vector<Observation>{
            seen::Kmsg{at_ms * build::kMs, 4, "Showing all locks held in the system:"},
            seen::Kmsg{at_ms * build::kMs, 4, fmt::format("1 lock held by {}/7:", comm)},
            seen::Kmsg{at_ms * build::kMs, 4, " #0: ffff888000000001 (&a->lock){+.+.}-{3:3}, at: take_a+0x1/0x2"},
            seen::Kmsg{at_ms * build::kMs, 4, "1 lock held by runs/8:"}};
    };
    auto all = list(4, "early");
    std::ranges::copy(own_wait(), std::back_inserter(all));
    const auto before = built(all, orderly());
    ASSERT_TRUE(before.held_locks);
    all.emplace_back(seen::Proof{6 * build::kMs, 7 * build::kMs});
    EXPECT_FALSE(built(all, orderly()).held_locks);
    std::ranges::copy(list(8, "late"), std::back_inserter(all));
    const auto locks = built(all, orderly()).held_locks;
    ASSERT_TRUE(locks);
    EXPECT_EQ(locks->at_ms, 8);
    ASSERT_EQ(locks->tasks.size(), 1U);
    EXPECT_EQ(locks->tasks.front().comm, "late");
    EXPECT_EQ(locks->tasks.front().locks.front().taken_at, "take_a");
}

TEST(RecordBuilder, ThatLockdepIsOffIsOfNoInterestWithoutADeadlock) {
    const std::vector<Observation> off{build::watched(), enough(), seen::Kmsg{5, 4, "INFO: lockdep is turned off."}};
    EXPECT_FALSE(built(off, orderly()).held_locks);
    auto hung = own_wait();
    hung.insert(hung.begin(), off.begin(), off.end());
    EXPECT_TRUE(built(hung, orderly()).held_locks.value().is_off);
}

TEST(RecordBuilder, ATruncatedStreamIsNeverClean) {
    RecordBuilder builder{replay::facts("")};
    for (const auto& one :
         std::vector<Observation>{seen::Hello{}, seen::Phase{0, "load"}, build::watched(), enough(), seen::End{9, 0}}) {
        builder.observe(one);
    }
    EXPECT_EQ(builder.finish(orderly()).verdict.value, Verdict::clean);
    const auto record = builder.finish(orderly(), {{"kmsg events", "16384 lines or 4MiB", 3, 100}});
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("kmsg events: 3 lines, 100 beyond 16384 lines")));
    EXPECT_EQ(encode(decode_record(encode(record)).value()), encode(record));
}

/// Whoever lets tasks die in a machine that is about to freeze has said End by then.
TEST(RecordBuilder, AGuestThatFreezesInsteadOfPoweringOffIsNotClean) {
    const std::vector<Observation> all{build::watched(), enough(), seen::End{9, 0}};
    RunEnd end = orderly();
    EXPECT_EQ(built(all, end).verdict.value, Verdict::clean);
    end.detail = "12 bytes of a torn last line dropped";
    EXPECT_EQ(built(all, end).verdict.value, Verdict::clean);
    end = {Ended::orderly, "did not power itself off", "tcg", {}, {}, true};
    const auto record = built(all, end);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("did not power itself off")));
}

TEST(RecordBuilder, SelfDeadlock) {
    const Record record = replay::record("self-deadlock", "sync-alloc");
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    EXPECT_THAT(record.verdict.reasons.front(), HasSubstr("percpu-churn[402]"));
    ASSERT_TRUE(record.deadlock);
    EXPECT_EQ(record.deadlock->kind, "self");
    EXPECT_EQ(record.deadlock->closed_ms, 3210.482);
    EXPECT_THAT(record.deadlock->detected_ms, Optional(3214.006));
    EXPECT_THAT(record.deadlock->written_ms, Optional(3214.911));
    EXPECT_THAT(record.deadlock->recovered_by_kill, Optional(true));
    ASSERT_EQ(record.deadlock->tasks.size(), 1u);
    EXPECT_THAT(record.deadlock->tasks[0].state, Optional('D'));
    EXPECT_THAT(record.deadlock->tasks[0].stack, testing::Contains(HasSubstr("[sync_alloc]")));
    EXPECT_EQ(record.blocked_tasks.size(), 2u) << "the task of the cycle is not among the others";
    EXPECT_EQ(record.plant, "sync-alloc");
    EXPECT_EQ(record.kernel.release, "6.1.0-43-cloud-amd64");
    EXPECT_EQ(record.kernel.config.at("CONFIG_MEMCG"), "y");
    EXPECT_EQ(record.kernel.fingerprints.count("CONFIG_MEMCG"), 0u);
    EXPECT_THAT(record.kernel.taint_after, Optional(0x3000u));
    EXPECT_EQ(record.run.accelerator, "tcg");
}

TEST(RecordBuilder, CycleWithKswapd) {
    const Record record = replay::record("kswapd-cycle", "sync-alloc");
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    ASSERT_TRUE(record.deadlock);
    EXPECT_EQ(record.deadlock->kind, "cycle");
    EXPECT_EQ(record.deadlock->closed_ms, 5413.908);
    ASSERT_EQ(record.deadlock->tasks.size(), 2u);
    EXPECT_EQ(record.deadlock->tasks[0].waits_for, Awaited::kswapd());
    EXPECT_THAT(record.deadlock->tasks[0].holds, ElementsAre(Awaited::percpu_mutex()));
    EXPECT_EQ(record.deadlock->tasks[1].waits_for, Awaited::percpu_mutex());
    EXPECT_THAT(record.deadlock->tasks[1].holds, ElementsAre(Awaited::kswapd()));
    EXPECT_THAT(record.deadlock->recovered_by_kill, Optional(false));
}

TEST(RecordBuilder, ThrashingWithoutProgressIsClean) {
    const Record record = replay::record("thrash");
    EXPECT_EQ(record.verdict.value, Verdict::clean) << record.verdict.reasons.front();
    EXPECT_FALSE(record.deadlock);
    EXPECT_EQ(record.trials, 31u);
}

TEST(RecordBuilder, NestedNowaitIsClean) {
    const Record record = replay::record("nested-nowait");
    EXPECT_EQ(record.verdict.value, Verdict::clean);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("27 trials"), HasSubstr("throttle_direct_reclaim")));
}

TEST(RecordBuilder, LostEventsAreInconclusive) {
    const Record record = replay::record("lost-events");
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_EQ(record.lost_events, 1833u);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("trials: 14 seen"), HasSubstr("1833")));
}

TEST(RecordBuilder, AMachineThatVanishesInACycleHung) {
    const Record record = replay::record("vanished", "sync-alloc", lost());
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    ASSERT_TRUE(record.deadlock);
    EXPECT_EQ(record.deadlock->kind, "machine_lost");
    EXPECT_FALSE(record.deadlock->detected_ms);
    EXPECT_FALSE(record.kernel.taint_after);
    EXPECT_THAT(record.verdict.reasons.front(), AllOf(HasSubstr("kswapd0[45]"), HasSubstr("fell silent")));
}

TEST(RecordBuilder, AnInterruptedRunInACycleIsNoEvidenceOfDeath) {
    const Record record = replay::record("vanished", "sync-alloc", {Ended::interrupted, "", "tcg"});
    EXPECT_EQ(record.verdict.value, Verdict::error);
    EXPECT_FALSE(record.deadlock);
}

TEST(RecordBuilder, AProofOutlivesTheMachine) {
    for (const auto ended : {Ended::lost, Ended::timed_out, Ended::interrupted}) {
        const auto record = built(own_wait(), {ended, "gone", "tcg"});
        EXPECT_EQ(record.verdict.value, Verdict::hang);
        EXPECT_EQ(record.deadlock->kind, "self");
        EXPECT_THAT(record.verdict.reasons.back(), HasSubstr("gone"));
    }
}

/// A proof, and what was gathered behind it.
std::vector<Observation> proven_with(std::uint64_t lost_events, char state) {
    seen::Counters counters = enough();
    counters.lost_events = lost_events;
    auto stream = own_wait();
    const Stack stack = state == 'D' ? Stack{"pcpu_alloc+0x1/0x2"} : Stack{};
    stream.insert(stream.end(), {seen::BlockedTask{7, "t7", state, stack}, counters, seen::End{9, 0}});
    return stream;
}

TEST(RecordBuilder, AProofIsWithdrawnIfItsTaskWasNotBlockedAndEventsWereLost) {
    const auto record = built(proven_with(2, 'R'), orderly());
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_FALSE(record.deadlock);
    EXPECT_THAT(record.verdict.reasons,
                ElementsAre(AllOf(HasSubstr("events lost: 2"), HasSubstr("[7] was not blocked (state R)"))));
    EXPECT_EQ(record.blocked_tasks.size(), 1U) << "the evidence stays";
}

TEST(RecordBuilder, AProofStandsWithEitherOfTheTwoAlone) {
    EXPECT_EQ(built(proven_with(2, 'D'), orderly()).verdict.value, Verdict::hang);
    EXPECT_EQ(built(proven_with(0, 'R'), orderly()).verdict.value, Verdict::hang) << "its wait has no end by itself";
}

TEST(RecordBuilder, AMachineThatVanishesOtherwiseIsAnError) {
    for (const auto ended : {Ended::lost, Ended::did_not_boot, Ended::timed_out, Ended::interrupted, Ended::orderly}) {
        const auto record = built({enough()}, {ended, "Oops: int3", "tcg"});
        EXPECT_EQ(record.verdict.value, Verdict::error);
        EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("Oops: int3")));
    }
    EXPECT_THAT(built({}, {Ended::interrupted, "", ""}).verdict.reasons, ElementsAre(HasSubstr("interrupted")));
}

TEST(RecordBuilder, AHazardBeforeTheLossIsMentioned) {
    const auto record = built(
        {build::edge(Scope::percpu_mutex, Scope::reclaim), build::edge(Scope::reclaim, Scope::percpu_alloc)}, lost());
    EXPECT_EQ(record.verdict.value, Verdict::error);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("fell silent"), HasSubstr("before that: lock cycle")));
}

TEST(RecordBuilder, ALivelockThatStoodLongEnoughOutlivesTheMachine) {
    std::vector<Observation> observations{build::froze(1, 20), build::memory_wait(2, 20), build::queue_wait(3, 45),
                                          enough()};
    observations.emplace_back(build::tick(61'000));
    const auto record = built(observations, lost());
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    EXPECT_THAT(record.verdict.reasons.back(), HasSubstr("fell silent"));
    const auto interrupted = built(observations, {Ended::interrupted, "", "tcg"});
    EXPECT_EQ(interrupted.verdict.value, Verdict::error) << "the guest might have got out of it";
    EXPECT_THAT(interrupted.verdict.reasons, testing::Contains(HasSubstr("before that: ")));
}

TEST(RecordBuilder, WhatTheGuestCalledAnErrorComesFirst) {
    const auto record = built({seen::Failure{"no space on /dev/vda"}}, lost());
    EXPECT_EQ(record.verdict.value, Verdict::error);
    EXPECT_THAT(record.verdict.reasons, ElementsAre("no space on /dev/vda", HasSubstr("fell silent")));
}

TEST(RecordBuilder, AnEndThatArrivedCountsWhateverBecameOfTheMachine) {
    EXPECT_EQ(built({build::watched(), enough(), seen::End{2, 0}}, orderly()).verdict.value, Verdict::clean);
    EXPECT_EQ(built({build::watched(), enough(), seen::End{2, 0}}, lost()).verdict.value, Verdict::clean);
}

TEST(RecordBuilder, DamagedEvidenceIsNeverClean) {
    const auto record = built({build::watched(), enough(), seen::End{2, 0}}, orderly(), 2);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("damaged lines of evidence: 2")));
    EXPECT_EQ(record.run.damaged_lines, 2u);
}

TEST(RecordBuilder, TimesCountFromTheLoad) {
    const Record record = replay::record("nested-nowait");
    ASSERT_EQ(record.phases.size(), 5u);
    EXPECT_EQ(record.phases[0].name, "boot");
    EXPECT_LT(record.phases[0].start_ms, -5000);
    EXPECT_EQ(record.phases[0].end_ms, record.phases[1].start_ms);
    EXPECT_EQ(record.phases[3].name, "load");
    EXPECT_EQ(record.phases[3].start_ms, 0);
    EXPECT_EQ(record.phases[4].end_ms, 41320);
}

TEST(RecordBuilder, TimesCountFromTheFirstLineWhenNoLoadBegan) {
    seen::Hello hello{};
    hello.at_ns = 1000 * build::kMs;
    RecordBuilder builder{replay::facts("")};
    builder.observe(hello);
    builder.observe(seen::Phase{1500 * build::kMs, "boot"});
    const auto record = builder.finish(lost());
    EXPECT_EQ(record.phases.front().start_ms, 500);
}

TEST(RecordBuilder, TheKernelsOwnReportsStandBesideTheFinding) {
    const auto record = built({build::mutex_wait(5, 7, 7), build::tick(7),
                               seen::Kmsg{6 * build::kMs, 3, "INFO: task task:7 blocked for more than 120 seconds."},
                               seen::Kmsg{7 * build::kMs, 3, "INFO: task sync:8 blocked for more than 120 seconds."}},
                              orderly());
    ASSERT_TRUE(record.kernel_reports);
    ASSERT_EQ(record.kernel_reports->size(), 2u);
    EXPECT_EQ(record.kernel_reports->at(0).at_ms, 6);
    EXPECT_EQ(record.kernel_reports->at(0).relation, "names every task of the cycle: task[7]");
    EXPECT_EQ(record.kernel_reports->at(1).relation, "names only bystanders of the cycle: sync[8]");
}

TEST(RecordBuilder, WhereTheKernelComplainsUnderTheLoadNothingIsClean) {
    for (const char* text : {"INFO: task sync:8 blocked for more than 120 seconds.",
                             "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [sync:8]",
                             "BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 31s!"}) {
        const auto record = built({build::watched(), enough(), seen::Kmsg{1, 3, text}, seen::End{2, 0}}, orderly());
        EXPECT_EQ(record.verdict.value, Verdict::inconclusive) << text;
        EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("complained under the load"))) << text;
        EXPECT_EQ(record.kernel_reports.value().size(), 1u) << text;
    }
}

/// One task that hangs over a lock of which nobody knows, while all others go on.
TEST(RecordBuilder, WhereTheLoadDoesNotEndNothingIsClean) {
    auto counters = enough();
    EXPECT_EQ(built({build::watched(), counters, seen::End{2, 0}}, orderly()).verdict.value, Verdict::clean);
    counters.load["load_left"] = 1;
    const auto record = built({build::watched(), counters, seen::End{2, 0}}, orderly());
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("did not end when they were killed")));
}

TEST(RecordBuilder, NothingIsCleanOfAKernelThatOopsed) {
    for (const std::uint64_t taint : {1U << 7, 1U << 14}) {
        const auto record = built({build::watched(), enough(), seen::End{2, taint}}, orderly());
        EXPECT_EQ(record.verdict.value, Verdict::inconclusive) << taint;
        EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("tainted"))) << taint;
    }
    EXPECT_EQ(built({build::watched(), enough(), seen::End{2, 1U << 12}}, orderly()).verdict.value, Verdict::clean)
        << "a module from elsewhere";

    seen::Hello oopsed{};
    oopsed.taint = 1U << 7;
    const auto record = built({oopsed, build::watched(), enough(), seen::End{2, oopsed.taint}}, orderly());
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
    EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("oopsed before the run"))) << "another would not show";
}

TEST(RecordBuilder, WhereTheLockValidatorWarnsOfTheFamilyNothingIsClean) {
    const auto unread =
        built({build::watched(), enough(), seen::Kmsg{1, 3, "WARNING: possible circular locking dependency detected"},
               seen::End{4, 0}},
              orderly());
    EXPECT_EQ(unread.verdict.value, Verdict::inconclusive) << "of which locks is not known";
    for (const char* lock : {"pcpu_alloc_mutex", "fs_reclaim", "&q->q_usage_counter(io)#2", "&q->rq_qos_mutex"}) {
        const auto record = built(
            {build::watched(), enough(), seen::Kmsg{1, 3, "WARNING: possible circular locking dependency detected"},
             seen::Kmsg{2, 3, "sync/8 is trying to acquire lock:"},
             seen::Kmsg{3, 3, fmt::format("ffff8880 ({}){{+.+.}}-{{3:3}}, at: f+0x1/0x2", lock)}, seen::End{4, 0}},
            orderly());
        EXPECT_EQ(record.verdict.value, Verdict::inconclusive) << lock;
        EXPECT_THAT(record.verdict.reasons, ElementsAre(HasSubstr("lock validator warned"))) << lock;
    }
}

TEST(RecordBuilder, NestingKeepsTheEarliestOccurrenceAndTheLastCount) {
    auto early = build::edge(Scope::reclaim, Scope::submit_bio);
    early.pid = 9;
    auto late = early;
    late.at_ns += 5;
    late.pid = 10;
    auto counters = enough();
    counters.edges = {{Scope::reclaim, Scope::submit_bio, 77}, {Scope::reclaim, Scope::swap_out, 5}};
    const auto record = built({late, early, counters}, orderly());
    ASSERT_EQ(record.nesting.size(), 2u);
    EXPECT_EQ(record.nesting[0].count, 77u);
    EXPECT_THAT(record.nesting[0].pid, Optional(9));
    EXPECT_EQ(record.nesting[0].gfp, std::nullopt);
    EXPECT_EQ(record.nesting[1].inner, Scope::swap_out);
    EXPECT_EQ(record.nesting[1].first_ms, std::nullopt);
}

TEST(RecordBuilder, WhatWasBlockedWhenAStalledRunEndedIsKept) {
    const Record record = built(
        {enough(), seen::BlockedTask{7, "sync", 'D', {"__bio_queue_enter+0x1/0x2"}}, seen::End{9 * build::kMs, 0}},
        orderly());
    EXPECT_FALSE(record.deadlock);
    ASSERT_EQ(record.blocked_tasks.size(), 1U);
    EXPECT_EQ(record.blocked_tasks[0].comm, "sync");
}

TEST(RecordBuilder, LivelockIsRecordedWithItsLength) {
    const Record record =
        built({build::froze(1, 20), build::memory_wait(2, 20), build::queue_wait(3, 45), enough(), build::tick(20'003),
               seen::Kmsg{20'003 * build::kMs, 3, "INFO: task kswapd0:45 blocked for more than 120 seconds."},
               seen::BlockedTask{45, "kswapd0", 'D', {}}, seen::End{20'004 * build::kMs, 0}},
              orderly());
    EXPECT_EQ(record.verdict.value, Verdict::hazard);
    ASSERT_TRUE(record.deadlock);
    EXPECT_EQ(record.deadlock->kind, "livelock");
    EXPECT_THAT(record.deadlock->lasted_ms, Optional(20'000.0));
    ASSERT_EQ(record.deadlock->tasks.size(), 2U);
    EXPECT_TRUE(record.blocked_tasks.empty()) << "both tasks are in the cycle";
    ASSERT_EQ(record.kernel_reports.value().size(), 1U);
    EXPECT_EQ(record.kernel_reports->front().relation, "names of the cycle only kswapd0[45]");
}

TEST(RecordBuilder, FirstOccurrencesAreToldApartByDisk) {
    const Record record = built(
        {build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
         build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vdb"), enough(), seen::End{9 * build::kMs, 0}},
        orderly());
    ASSERT_EQ(record.nesting.size(), 2U);
    EXPECT_THAT(record.nesting[0].disk, Optional(std::string("vda")));
    EXPECT_THAT(record.nesting[1].disk, Optional(std::string("vdb")));
}

}  // namespace
}  // namespace blkhang
