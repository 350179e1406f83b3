// SPDX-License-Identifier: GPL-2.0-only
#include "report/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/replay.h"

namespace blkhang {
namespace {

/// The steps as a reader sees them.
std::vector<std::string> steps(const Record& record, const std::string& directory = "DIR") {
    std::vector<std::string> result;
    for (const auto& [text, commands] : next_steps(record, directory)) {
        result.push_back(text);
        for (const auto& command : commands) {
            result.back() += " $ " + command;
        }
    }
    return result;
}

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

TEST(Words, AHangSaysWhoHowLateAndWhetherKillingHelped) {
    EXPECT_THAT(
        what_happened(replay::record("self-deadlock")),
        AllOf(HasSubstr("percpu-churn[402] waits for pcpu_alloc_mutex, which it owns itself"),
              HasSubstr("proven 3.5 ms after it closed"), HasSubstr("freed the machine"), Not(HasSubstr("planted"))));
}

TEST(Words, APlantedBugIsNeverPassedOffAsTheKernels) {
    const auto record = replay::record("self-deadlock", "sync-alloc");
    EXPECT_THAT(what_happened(record), HasSubstr("planted on purpose"));
    EXPECT_THAT(steps(record), ElementsAre(HasSubstr("blkhang run kvm-2011 --guest deb:6.1")));
}

TEST(Words, OnlyWhatWasNotPlantedIsToBeReported) {
    EXPECT_THAT(steps(replay::record("self-deadlock")), Contains(HasSubstr("linux-mm")));
    EXPECT_THAT(steps(replay::record("self-deadlock", "sync-alloc")), Not(Contains(HasSubstr("linux-mm"))));
}

TEST(Words, CommandsNameWhatThisRecordIsAbout) {
    EXPECT_THAT(steps(replay::record("self-deadlock"), "/runs/it's"),
                AllOf(Contains(HasSubstr("blkhang matrix --kernels deb:6.1 --profiles kvm-2011 --repeat 10")),
                      Contains(HasSubstr("$ blkhang report '/runs/it'\\''s' --format mail"))));
    EXPECT_THAT(steps(replay::record("nested-nowait")),
                ElementsAre(HasSubstr("--guest deb:6.1 --duration"), HasSubstr("--guest deb:6.1 --plant sync-alloc")));
    Record broken;
    broken.profile.name = "my profile; rm -rf /";
    EXPECT_THAT(steps(broken, "/runs/1"), ElementsAre(AllOf(HasSubstr("tail /runs/1/console.log"),
                                                            HasSubstr("blkhang run 'my profile; rm -rf /'"))));
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
