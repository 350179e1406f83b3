// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/boots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/file.h"
#include "lab/testing/kernel_image.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

/// Whose cells come to these verdicts, one after the other.
class ForetoldExecutor : public Executor {
public:
    std::deque<Verdict> verdicts;
    std::size_t submitted = 0;

    [[nodiscard]] Capacity capacity(std::uint64_t /*cell_memory*/) const override { return {8, "a test says so"}; }
    Result<Ticket> submit(const CellOrder& order) override {
        ++submitted;
        if (verdicts.empty()) {
            return fail(Fault::broken, "nothing is foretold");
        }
        Record record = replay::record("nested-nowait");
        record.verdict.value = verdicts.front();
        verdicts.pop_front();
        EXPECT_TRUE(write_file(order.directory / files::kRecord, encode(record)));
        return submitted;
    }
    std::optional<int> look(Ticket /*ticket*/) override { return 0; }
    void cancel(Ticket /*ticket*/, Cancel /*how*/) override {}
};

/// Of a kernel that is a file and never boots.
class BootsTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(write_file(dir_.path() / "image", kernel_image())); }
    Boots boots() {
        return {dir_.path() / "out",  "file:" + (dir_.path() / "image").string(), terms_, executor_,
                Progress::Kind::none, MatrixDirectory::Kernels::trusted};
    }
    TempDir dir_ = TempDir::make("boots-test").value();
    ForetoldExecutor executor_;
    MinimizeTerms terms_{.need = 2, .boots = 3, .confirm = 2, .most = 20, .jobs = 1};
    Profile profile_ = load_profile("elv-switch").value();
};

TEST_F(BootsTest, LinksOfAStrangersLeadNowhere) {
    namespace fs = std::filesystem;
    const fs::path elsewhere = dir_.path() / "elsewhere";
    fs::create_directories(elsewhere);
    for (const char* const link : {"steps", "steps/01", "steps/01/rounds", "steps/01/rounds/1"}) {
        fs::remove_all(dir_.path() / "out");
        fs::create_directories((dir_.path() / "out" / link).parent_path());
        fs::create_directory_symlink(elsewhere, dir_.path() / "out" / link);
        executor_.verdicts = {Verdict::hang, Verdict::hang};
        const auto asked = boots().ask(profile_, "without a");
        ASSERT_FALSE(asked) << link;
        EXPECT_THAT(asked.error().message(), HasSubstr("is a link"));
        EXPECT_TRUE(fs::is_empty(elsewhere)) << link;
    }
}

TEST_F(BootsTest, AsksUntilItIsDecided) {
    executor_.verdicts = {Verdict::hang, Verdict::clean, Verdict::hang, Verdict::hazard, Verdict::inconclusive};
    Boots made = boots();
    EXPECT_EQ(made.ask(profile_, "without a").value(), StillHangs::yes);
    EXPECT_EQ(made.ask(profile_, "without b").value(), StillHangs::no) << "a hazard is no hang";
    EXPECT_EQ(made.booted(), 5U);
    ASSERT_EQ(made.steps().size(), 2U);
    EXPECT_EQ(made.steps()[0].hung, 2U);
    EXPECT_EQ(made.steps()[1].stood, 2U);
}

TEST_F(BootsTest, WhatBreaksSaysNothing) {
    executor_.verdicts = {Verdict::error, Verdict::hang,  Verdict::error, Verdict::hang,
                          Verdict::error, Verdict::error, Verdict::error};
    Boots made = boots();
    EXPECT_EQ(made.ask(profile_, "without a").value(), StillHangs::yes);
    EXPECT_EQ(made.steps()[0].broke, 2U);
    EXPECT_EQ(made.ask(profile_, "without b").value(), StillHangs::unknown) << "it does not go on for ever";
}

TEST_F(BootsTest, GoesOnWhereItWas) {
    executor_.verdicts = {Verdict::hang, Verdict::hang};
    EXPECT_EQ(boots().ask(profile_, "without a").value(), StillHangs::yes);
    const auto before = executor_.submitted;
    Boots again = boots();
    EXPECT_EQ(again.ask(profile_, "without a").value(), StillHangs::yes);
    EXPECT_EQ(executor_.submitted, before) << "what was booted is not booted again";
    EXPECT_EQ(again.booted(), 2U) << "and counts";
    Profile other = profile_;
    other.churn.ring = 7;
    const auto refused = boots().ask(other, "without a");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("another minimisation"));
}

TEST_F(BootsTest, KeepsEnoughForTheEnd) {
    terms_.most = 4;
    executor_.verdicts = {Verdict::hang, Verdict::hang, Verdict::hang, Verdict::clean};
    Boots made = boots();
    EXPECT_EQ(made.ask(profile_, "without a").value(), StillHangs::yes);
    EXPECT_EQ(made.ask(profile_, "without b").value(), StillHangs::unknown);
    const auto confirmed = made.confirm(profile_).value();
    EXPECT_EQ(confirmed.hung, 1U);
    EXPECT_EQ(confirmed.stood, 1U);
    EXPECT_EQ(made.booted(), 4U);
}

TEST_F(BootsTest, ARoundOfFewerBootsThanNowCountsForWhatItWas) {
    terms_.confirm = 1;
    executor_.verdicts = {Verdict::hang};
    ASSERT_TRUE(boots().confirm(profile_));
    terms_.confirm = terms_.jobs = 3;
    executor_.verdicts = {Verdict::hang, Verdict::clean};
    Boots made = boots();
    const auto confirmed = made.confirm(profile_).value();
    EXPECT_EQ(confirmed.hung, 2U);
    EXPECT_EQ(confirmed.stood, 1U);
    EXPECT_EQ(made.booted(), 3U);
}

MinimizeStep step(std::uint32_t hung, std::uint32_t stood) { return {.without = "", .hung = hung, .stood = stood}; }

constexpr MinimizeTerms kThreeOfFour{.need = 3, .boots = 4};

TEST(Decided, AsSoonAsNothingCanChangeIt) {
    EXPECT_EQ(decided(step(2, 1), kThreeOfFour), StillHangs::unknown);
    EXPECT_EQ(decided(step(3, 0), kThreeOfFour), StillHangs::yes);
    EXPECT_EQ(decided(step(3, 1), kThreeOfFour), StillHangs::yes);
    EXPECT_EQ(decided(step(0, 2), kThreeOfFour), StillHangs::no);
    EXPECT_EQ(decided(step(2, 2), kThreeOfFour), StillHangs::no);
    // One that has to hang always is done for with the first that does not.
    EXPECT_EQ(decided(step(1, 1), {.need = 2, .boots = 2}), StillHangs::no);
}

/// Whatever the boots come to, no more are started than decide it, and it is decided in the end.
TEST(BootsToStart, NoneTooMany) {
    for (std::uint32_t jobs = 1; jobs <= 4; ++jobs) {
        for (std::uint32_t boots = 1; boots <= 5; ++boots) {
            for (std::uint32_t need = 1; need <= boots; ++need) {
                const MinimizeTerms terms{.need = need, .boots = boots, .jobs = jobs};
                for (std::uint32_t outcomes = 0; outcomes < 1U << boots; ++outcomes) {
                    MinimizeStep so_far;
                    std::uint32_t started = 0;
                    while (const auto more = boots_to_start(so_far, terms)) {
                        ASSERT_LE(more, jobs);
                        for (std::uint32_t i = 0; i < more; ++i, ++started) {
                            ((outcomes >> started & 1U) != 0 ? so_far.hung : so_far.stood)++;
                        }
                        ASSERT_LE(started, boots);
                    }
                    ASSERT_NE(decided(so_far, terms), StillHangs::unknown);
                }
            }
        }
    }
}

}  // namespace
}  // namespace blkhang
