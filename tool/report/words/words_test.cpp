// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/replay.h"
#include "report/html/record.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

/// The steps as a reader sees them.
std::vector<std::string> steps(const Record& record, const std::string& directory = "DIR", bool as_shipped = false) {
    std::vector<std::string> result;
    for (const auto& [text, commands] : next_steps(record, directory, as_shipped)) {
        result.push_back(text);
        for (const auto& command : commands) {
            result.back() += " $ " + command;
        }
    }
    return result;
}

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Words, DurationsAreAsExactAsAnybodyNeeds) {
    EXPECT_EQ(duration_words(3.524), "3.5 ms");
    EXPECT_EQ(duration_words(-250), "-250.0 ms");
    EXPECT_EQ(duration_words(3210.482), "3.2 s");
}

TEST(Words, ARoleNamesWhatATaskOwnsAndWaitsFor) {
    const auto record = replay::record("kswapd-cycle");
    EXPECT_EQ(role(record.deadlock->tasks[0]), "owns pcpu_alloc_mutex and waits for kswapd");
    EXPECT_EQ(role(record.deadlock->tasks[1]), "waits for pcpu_alloc_mutex");
}

TEST(Words, AHangSaysInWhichFunctionsAndThenHowThatIsKnown) {
    const Record record = replay::record("self-deadlock");
    EXPECT_THAT(what_happened(record),
                AllOf(StartsWith("The kernel deadlocked: "), HasSubstr("() owns pcpu_alloc_mutex"),
                      Not(HasSubstr("planted")), Not(HasSubstr("proven")), Not(HasSubstr("freed"))));
    EXPECT_THAT(how_it_is_known(record), Contains(HasSubstr("was proven 3.5 ms later")));
    EXPECT_THAT(how_it_is_known(record), Contains(HasSubstr("freed the machine")));
    EXPECT_THAT(how_it_is_known(record), Not(Contains(HasSubstr("percpu-churn[402] waits for"))));
}

TEST(Words, APlantedBugIsNeverPassedOffAsTheKernels) {
    const auto record = replay::record("self-deadlock", "sync-alloc");
    EXPECT_THAT(what_happened(record), HasSubstr("planted on purpose"));
    EXPECT_THAT(steps(record), ElementsAre(HasSubstr("blkhang run DIR/profile.toml --guest deb:6.1")));
}

TEST(Words, OnlyWhatWasNotPlantedIsToBeReported) {
    EXPECT_THAT(steps(replay::record("self-deadlock")), Contains(HasSubstr("linux-mm")));
    EXPECT_THAT(steps(replay::record("self-deadlock", "sync-alloc")), Not(Contains(HasSubstr("linux-mm"))));
}

TEST(Words, CommandsNameWhatThisRecordIsAbout) {
    EXPECT_THAT(steps(replay::record("self-deadlock"), "/runs/it's", true),
                AllOf(Contains(HasSubstr("blkhang matrix --kernels deb:6.1 --profiles kvm-2011 --repeat 10")),
                      Contains(HasSubstr("$ blkhang report '/runs/it'\\''s' --format mail"))));
    EXPECT_THAT(steps(replay::record("nested-nowait")),
                ElementsAre(HasSubstr("--guest deb:6.1 --duration"), HasSubstr("--guest deb:6.1 --plant sync-alloc")));
    Record broken;
    broken.profile.name = "kvm-2011";
    broken.run.kernel = "tree:/my src; rm -rf /";
    EXPECT_THAT(steps(broken, "/runs/1", true),
                ElementsAre(AllOf(HasSubstr("tail /runs/1/console.log"),
                                  HasSubstr("blkhang run kvm-2011 --guest 'tree:/my src; rm -rf /'"))));
}

TEST(Words, ARunOnAHostIsMadeAgainOnThatHost) {
    Record record = replay::record("nested-nowait");
    record.run.kernel = "running";
    record.run.site = "host";
    for (const Verdict verdict : {Verdict::hang, Verdict::hazard, Verdict::clean, Verdict::inconclusive,
                                  Verdict::unsupported, Verdict::error}) {
        record.verdict.value = verdict;
        EXPECT_THAT(steps(record),
                    Not(Contains(AnyOf(HasSubstr("--guest"), HasSubstr("--kernels"), HasSubstr("--plant")))));
    }
    record.verdict.value = Verdict::clean;
    EXPECT_THAT(steps(record, "DIR", true),
                ElementsAre(HasSubstr("blkhang run kvm-2011 --on-this-host DISKS --duration 10m")));
    record.verdict.value = Verdict::unsupported;
    EXPECT_THAT(steps(record), ElementsAre(EndsWith("$ blkhang check")));
    record.verdict.value = Verdict::hang;
    const auto again = next_steps(record, "DIR", true, "--on-this-host --files /srv --accept-freeze");
    EXPECT_THAT(again[1].text, HasSubstr("See it again on this host, once that was reset"));
    EXPECT_THAT(again[1].commands, ElementsAre("blkhang run kvm-2011 --on-this-host --files /srv --accept-freeze"));
}

TEST(Words, AProfileThatIsNotBuiltInIsTheFileInTheRecord) {
    for (const Verdict verdict : {Verdict::hang, Verdict::clean, Verdict::inconclusive, Verdict::error}) {
        Record record = replay::record("lost-events");
        record.verdict.value = verdict;
        record.profile.name = "mine; rm -rf /";
        EXPECT_THAT(steps(record, "/my runs"),
                    AllOf(Contains(HasSubstr(" '/my runs/profile.toml'")), Not(Contains(HasSubstr("mine")))));
    }
}

TEST(Words, AProfileGoesByItsNameOnlyWhereThatStandsForItsSettings) {
    const Record record = replay::record("nested-nowait");
    for (const auto& [text, commands] : next_steps(record, "/r", true)) {
        EXPECT_THAT(commands, ElementsAre(HasSubstr("blkhang run kvm-2011 --guest")));
    }
    for (const auto& [text, commands] : next_steps(record, "/r", false)) {
        EXPECT_THAT(commands, ElementsAre(HasSubstr("blkhang run /r/profile.toml --guest")));
    }
}

TEST(Words, NoCommandGivesAListAnItemThatWouldSplit) {
    EXPECT_THAT(steps(replay::record("self-deadlock"), "/a,b"), Not(Contains(HasSubstr("--profiles"))));
}

TEST(Words, APositiveControlWorkedOnlyIfItWasCalledAHang) {
    Record record = replay::record("self-deadlock", "sync-alloc");
    EXPECT_THAT(steps(record), ElementsAre(HasSubstr("The positive control worked")));
    record.verdict.value = Verdict::hazard;
    EXPECT_THAT(steps(record), ElementsAre(AllOf(HasSubstr("only a hazard"), Not(HasSubstr("control worked")))));
}

TEST(Words, ARunThatBrokeSaysWhetherSomethingHadBeenSeen) {
    Record record = replay::record("kswapd-cycle");
    record.verdict.value = Verdict::error;
    EXPECT_THAT(what_happened(record),
                AllOf(HasSubstr("before there was a verdict"), HasSubstr("is below"), Not(HasSubstr("says nothing"))));
    record.deadlock.reset();
    EXPECT_THAT(what_happened(record), HasSubstr("says nothing about the kernel"));
}

TEST(Words, AHazardMayBeHit) {
    Record record = replay::record("thrash");
    record.verdict.value = Verdict::hazard;
    EXPECT_THAT(what_happened(record), HasSubstr("an unlucky run may hit it"));
}

TEST(Words, WhatOnlyStacksTellIsNoNestingAndNothingToSend) {
    const Record record = replay::record("console-circle-of-three");
    EXPECT_THAT(what_happened(record),
                AllOf(HasSubstr("No deadlock is proven"), HasSubstr("inferred"), Not(HasSubstr("nesting"))));
    for (const auto& step : next_steps(record, "DIR")) {
        for (const auto& command : step.commands) {
            EXPECT_THAT(command, Not(HasSubstr("--format mail")));
        }
    }
}

TEST(Words, ReasonsAreFurtherIfTheyAreNotToldYet) {
    Record record = replay::record("kswapd-cycle");
    record.verdict.reasons = {record.verdict.reasons.front(), "lock cycle a -> b"};
    EXPECT_THAT(further_reasons(record), ElementsAre("lock cycle a -> b"));
}

TEST(Words, CleanIsToldOnce) {
    Record record;
    record.verdict = {Verdict::clean,
                      {"167 trials; coverage met, no cycle of locks or waits, no event lost", "watched: all"}};
    record.trials = 167;
    EXPECT_THAT(further_reasons(record), ElementsAre("watched: all"));
    record.verdict.reasons.front() = "167 trials (the owner starts no IO); coverage met";
    EXPECT_EQ(further_reasons(record).size(), 2U);
}

TEST(Words, OnlyThoseInStateDWereBlocked) {
    Record record = replay::record("self-deadlock");
    record.blocked_tasks = {{1, "one", 'D', {}}, {2, "two", 'R', {}}};
    const auto page = [&] {
        const Result<RunSeries> none = fail(Fault::broken, "none");
        return render_html(record, {none, {}, fail(Fault::broken, "none")}, Templates::built_in()).value();
    };
    const auto between = [](const std::string& text, const char* from, const char* to) {
        const auto begin = text.find(from);
        return text.substr(begin, text.find(to, begin) - begin);
    };
    EXPECT_THAT(between(render_text(record), "Also blocked", "Looked at, but not blocked"),
                AllOf(HasSubstr("one[1]"), Not(HasSubstr("two[2]"))));
    EXPECT_THAT(render_text(record), HasSubstr("Looked at, but not blocked\n  two[2]  R"));
    EXPECT_THAT(render_text(record, {.stacks = Stacks::full}),
                HasSubstr("Looked at, but not blocked\n  two[2], state R"));
    EXPECT_THAT(between(page(), "Blocked behind it</h2>", "Looked at, but not blocked</h2>"),
                AllOf(HasSubstr("one[1]"), Not(HasSubstr("two[2]"))));
    record.deadlock.reset();
    EXPECT_THAT(page(), AllOf(HasSubstr("Blocked when the run ended</h2>"), Not(HasSubstr("behind it"))));
    record.blocked_tasks = {{2, "two", 'R', {}}};
    EXPECT_THAT(page(), AllOf(HasSubstr("Looked at, but not blocked</h2>"), Not(HasSubstr("Blocked when"))));
    EXPECT_THAT(render_text(record), Not(HasSubstr("Blocked when")));
}

TEST(Words, ALivelockStoodAsLongAsItWasWatched) {
    Record record = replay::record("kswapd-cycle");
    record.deadlock->kind = "livelock";
    record.deadlock->lasted_ms = 75'000;
    EXPECT_THAT(what_happened(record), StartsWith("The machine stood still for 75.0 s"));
    EXPECT_THAT(how_it_is_known(record), Contains(HasSubstr("stood to the end of the run: that is a hang")));
    record.run.ended = Ended::lost;
    EXPECT_THAT(how_it_is_known(record), Contains(HasSubstr("stood to the last that was heard of the machine")));
    record.verdict.value = Verdict::hazard;
    EXPECT_THAT(how_it_is_known(record), Contains(HasSubstr("stood for 75.0 s; a hang is what stands for a minute")));
}

TEST(Words, InALivelockARunningTaskMayBeStuckAsWell) {
    Record record = replay::record("kswapd-cycle");
    record.deadlock->kind = "livelock";
    const Stack loops{"page_vma_mapped_walk+0x1/0x2",   "shrink_node+0x1/0x2",         "try_to_free_pages+0x1/0x2",
                      "__alloc_pages_slowpath+0x1/0x2", "pcpu_populate_chunk+0x1/0x2", "pcpu_alloc+0x1/0x2"};
    record.blocked_tasks = {{7, "loops", 'R', loops}, {8, "works", 'R', {"shrink_node+0x1/0x2"}}};
    const auto text = render_text(record);
    EXPECT_THAT(text, HasSubstr(std::string(kLoopingHeading) +
                                "\n  loops[7]  R  try_to_free_pages < pcpu_populate_chunk < pcpu_alloc, owns "
                                "pcpu_alloc_mutex\n"));
    EXPECT_THAT(text, HasSubstr("Looked at, but not blocked\n  works[8]  R"));
    record.deadlock->kind = "cycle";
    EXPECT_THAT(render_text(record), Not(HasSubstr(kLoopingHeading))) << "there, memory is not what it is about";
}

TEST(Words, ACycleInWhichTheMachineWasLostIsNotHeadedADeadlock) {
    const Record record = replay::record("vanished", "", {Ended::lost, "no line for 60 s", "tcg"});
    ASSERT_EQ(record.deadlock->kind, "machine_lost");
    EXPECT_THAT(render_text(record),
                AllOf(HasSubstr("The cycle that stood when the machine was lost\n"), Not(HasSubstr("The deadlock\n"))));
}

TEST(Words, ACleanVerdictWithoutTrialsSaysWhyThereWereNone) {
    Record record;
    record.verdict.value = Verdict::clean;
    EXPECT_THAT(what_happened(record), HasSubstr("cannot arise"));
    record.trials = 78;
    EXPECT_THAT(what_happened(record), HasSubstr("arose 78 times"));
}

TEST(Words, EveryShortfallHasItsRemedy) {
    EXPECT_THAT(steps(replay::record("lost-events")), ElementsAre(HasSubstr("--duration"), HasSubstr("--set")));
    Record silent;
    silent.verdict.value = Verdict::inconclusive;
    EXPECT_THAT(steps(silent), ElementsAre(HasSubstr("blkhang check")));
}

TEST(Words, CleanStatesTheTrials) {
    EXPECT_THAT(what_happened(replay::record("nested-nowait")), HasSubstr("arose 27 times"));
}

}  // namespace
}  // namespace blkhang
