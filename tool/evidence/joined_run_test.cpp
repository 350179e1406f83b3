// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/joined_run.h"

#include <gmock/gmock.h>

#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

SurvivingRun run_of(std::vector<std::string> lines, std::vector<std::size_t> gaps = {}) {
    SurvivingRun run;
    run.source = "journal";
    run.boot = sample::id(1);
    run.run = sample::id(2);
    run.host = "kvm7";
    run.lines = std::move(lines);
    run.gaps = std::move(gaps);
    return run;
}

TEST(JoinedRun, OneWithoutGapsStaysAsItIs) {
    const auto both = joined(run_of({"a", "b", "c"}), run_of({"a", "c"}, {1}));
    EXPECT_THAT(both.lines, ElementsAre("a", "b", "c"));
    EXPECT_THAT(both.gaps, IsEmpty());
}

TEST(JoinedRun, GapsAreClosedByWhatTheOtherHas) {
    const auto both = joined(run_of({"a", "d"}, {1}), run_of({"a", "b", "c", "d", "f"}, {4}));
    EXPECT_THAT(both.lines, ElementsAre("a", "b", "c", "d", "f"));
    EXPECT_THAT(both.gaps, IsEmpty()) << "the one has no gap where the other has";
    EXPECT_THAT(joined(run_of({"a"}, {1}), run_of({"a", "b"})).lines, ElementsAre("a", "b"));
    EXPECT_THAT(joined(run_of({"a"}, {1}), run_of({"a", "b"})).gaps, IsEmpty());
    EXPECT_THAT(joined(run_of({}, {0}), run_of({"a", "b"})).lines, ElementsAre("a", "b"));
}

TEST(JoinedRun, AGapOfBothStays) {
    const auto both = joined(run_of({"a", "d"}, {1}), run_of({"a", "b", "d"}, {2}));
    EXPECT_THAT(both.lines, ElementsAre("a", "b", "d"));
    EXPECT_THAT(both.gaps, ElementsAre(2));
    EXPECT_THAT(joined(run_of({"a"}, {1}), run_of({"a"}, {1})).gaps, ElementsAre(1));
}

/// A line that one way lost leaves no gap there; the other's gap may be that very line.
TEST(JoinedRun, WhatOneWayLostIsThereIfTheOtherLacksNothing) {
    auto lossy = run_of({"a", "c"});
    lossy.lost = 1;
    EXPECT_EQ(joined(lossy, run_of({"a", "b", "c"})).lost, 0U);
    EXPECT_EQ(joined(lossy, run_of({"a", "c"}, {1})).lost, 1U);
    EXPECT_EQ(joined(run_of({"a", "c"}, {1}), lossy).lost, 1U);
}

TEST(JoinedRun, AProofThatWentAheadOnOneWayIsThereOnce) {
    const auto both = joined(run_of({"a", "proof", "b", "c"}), run_of({"a", "b", "proof", "c"}));
    EXPECT_THAT(both.lines, SizeIs(4));
    EXPECT_THAT(both.lines, testing::UnorderedElementsAre("a", "b", "proof", "c"));
    EXPECT_EQ(both.lines.back(), "c");
}

TEST(JoinedRun, LinesThatRepeatAreThereAsOftenAsOneWayHadThem) {
    EXPECT_THAT(joined(run_of({"x", "x", "y"}), run_of({"x", "x", "y"})).lines, ElementsAre("x", "x", "y"));
}

class RunChoiceTest : public testing::Test {
protected:
    /// Up for ten seconds at that time of day.
    static SurvivingRun at(std::uint8_t boot, std::uint8_t run, std::uint64_t time_s,
                           const std::string& host = "kvm7") {
        auto result = run_of({std::to_string(run)});
        result.boot = sample::id(boot);
        result.run = sample::id(run);
        result.host = host;
        result.first = SeenAt{2'000'000'000, (time_s - 8) * 1'000'000'000};
        result.last = SeenAt{10'000'000'000, time_s * 1'000'000'000};
        return result;
    }
};

TEST_F(RunChoiceTest, TheLastOneOfABootThatIsOver) {
    const auto choice = choose_run({at(1, 1, 1000), at(2, 2, 3000), at(3, 3, 5000)}, sample::id(3), "", "kvm7");
    ASSERT_TRUE(choice->run);
    EXPECT_EQ(choice->run->run, sample::id(2));
    EXPECT_EQ(choice->next_boot_ns, 4'990'000'000'000U) << "as the run after it tells";
    EXPECT_THAT(choice->others, ElementsAre(HasSubstr("01010101"), HasSubstr("which goes on")));
}

/// Its clock was wrong in the boot before, and then set.
TEST_F(RunChoiceTest, TheLastOneOfAJournalWhateverTheTimeOfDayWas) {
    auto before = at(1, 1, 9000);
    auto last = at(2, 2, 3000);
    before.generation = 7;
    last.generation = 8;
    EXPECT_EQ(choose_run({last, before}, sample::id(9), "", "kvm7")->run->run, sample::id(2));
    EXPECT_EQ(choose_run({before, last}, sample::id(9), "", "kvm7")->run->run, sample::id(2));
    before.source = "another journal";
    EXPECT_EQ(choose_run({before, last}, sample::id(9), "", "kvm7")->run->run, sample::id(1)) << "which counts its own";
}

TEST_F(RunChoiceTest, WhatBeganBeforeIsNotOfTheRunThatIsAskedFor) {
    std::vector runs{at(1, 1, 1000), at(2, 2, 3000)};
    ASSERT_TRUE(runs[1].first);
    leave_out_before(runs[1].first->time_ns, runs);
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(runs[0].run, sample::id(2));
    leave_out_before(runs[0].first->time_ns + 1, runs);
    EXPECT_THAT(runs, IsEmpty());
}

TEST_F(RunChoiceTest, NothingIsOverWhereAllGoesOn) {
    EXPECT_FALSE(choose_run({at(3, 3, 5000)}, sample::id(3), "", "kvm7")->run);
    EXPECT_FALSE(choose_run({}, sample::id(3), "", "kvm7")->run);
}

TEST_F(RunChoiceTest, BothWaysOfARunAreJoined) {
    auto one = at(1, 1, 1000);
    auto other = one;
    other.source = "collector";
    other.lines.emplace_back("more");
    one.gaps = {1};
    const auto choice = choose_run({one, other}, sample::id(9), "", "kvm7");
    EXPECT_THAT(choice->run->lines, ElementsAre("1", "more"));
    EXPECT_EQ(choice->run->source, "journal and collector");
    EXPECT_THAT(choice->others, IsEmpty());
}

TEST_F(RunChoiceTest, OfSeveralHostsThisOneOrTheOneThatIsNamed) {
    const std::vector runs{at(1, 1, 1000, "kvm7"), at(2, 2, 2000, "kvm8")};
    EXPECT_EQ(choose_run(runs, sample::id(9), "", "kvm7")->run->host, "kvm7");
    EXPECT_EQ(choose_run(runs, sample::id(9), "kvm8", "kvm7")->run->host, "kvm8");
    const auto refused = choose_run(runs, sample::id(9), "", "collector");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("kvm7, kvm8"));
    EXPECT_EQ(choose_run({at(2, 2, 2000, "kvm8")}, sample::id(9), "", "collector")->run->host, "kvm8");
}

}  // namespace
}  // namespace blkhang
