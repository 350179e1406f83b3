// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/experiment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"
#include "report/compare/words.h"

namespace blkhang {
namespace {

using build::kNew;
using build::kOld;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kTestedBy = "\nTested-by: A <a@b>\n";

Matrix before() { return build::runs(kOld, 10, 0); }
Matrix after() { return build::runs(kNew, 0, 10); }

std::vector<std::string> differences(const Comparison& comparison) {
    std::vector<std::string> all;
    for (const Difference& each : comparison.differences) {
        all.push_back(words(each));
    }
    return all;
}

TEST(Median, IsOfWhatThereIs) {
    EXPECT_EQ(median({}), std::nullopt);
    EXPECT_EQ(median({3, 1, 2}), 2);
}

TEST(Experiment, TheSameOneEndsInATestedBy) {
    const auto comparison = compare(before(), after());
    EXPECT_THAT(differences(comparison), IsEmpty());
    EXPECT_EQ(comparison.outcome, Outcome::good);
    EXPECT_THAT(mail_paragraph(comparison, "A <a@b>"), HasSubstr(kTestedBy));
}

/// One way of not being the same experiment.
struct Kind {
    const char* name;
    std::function<void(Matrix&)> change;
    const char* words;
};
std::function<void(Matrix&)> each_cell(std::function<void(CellResult&)> change) {
    return [change](Matrix& matrix) { std::for_each(matrix.cells.begin(), matrix.cells.end(), change); };
}
class MatricesDiffer : public testing::TestWithParam<Kind> {};

TEST_P(MatricesDiffer, NoneIsGoodAndEachDifferenceIsNamedOnce) {
    Matrix other = after();
    GetParam().change(other);
    const auto comparison = compare(before(), other);
    EXPECT_THAT(differences(comparison), ElementsAre(GetParam().words));
    EXPECT_EQ(comparison.pairs.at(0).change, Change::fixed);
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
    const std::string mail = mail_paragraph(comparison, "A <a@b>");
    EXPECT_THAT(mail, Not(HasSubstr(kTestedBy)));
    EXPECT_THAT(mail, AllOf(HasSubstr("No Tested-by: "), HasSubstr("not the same")));
    EXPECT_THAT(render_comparison(comparison, {200, false}),
                HasSubstr(std::string("Not the same experiment\n  - ") + GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, MatricesDiffer,
    testing::Values(
        Kind{"profile", each_cell([](CellResult& cell) { cell.profile_digest = "0ther"; }),
             "profile: 5ca1ab1e before, 0ther after"},
        Kind{"profile_unknown_on_one_side", each_cell([](CellResult& cell) { cell.profile_digest.reset(); }),
             "profile: 5ca1ab1e before, unknown after"},
        Kind{"profile_of_one_run", [](Matrix& matrix) { matrix.cells[3].profile_digest = "0ther"; },
             "profile: 5ca1ab1e before, 0ther and 5ca1ab1e after"},
        Kind{"tier", each_cell([](CellResult& cell) { cell.tier = "kprobe"; }), "tier: fentry before, kprobe after"},
        Kind{"tier_unknown_on_one_side", each_cell([](CellResult& cell) { cell.tier.reset(); }),
             "tier: fentry before, unknown after"},
        Kind{"accelerator", each_cell([](CellResult& cell) { cell.accelerator = "kvm"; }),
             "accelerator: tcg before, kvm after"},
        Kind{"version", [](Matrix& matrix) { matrix.tool.version = "0.2.0"; },
             "version of blkhang: 0.1.0 (3f2c9d1a7be4) before, 0.2.0 (3f2c9d1a7be4) after"},
        Kind{"commit_of_resumed_runs",
             [](Matrix& matrix) {
                 matrix.cells[0].tool = {"0.1.0", "another"};
             },
             "version of blkhang: 0.1.0 (3f2c9d1a7be4) before, 0.1.0 (3f2c9d1a7be4) and 0.1.0 (another) after"},
        Kind{"trials", each_cell([](CellResult& cell) { cell.trials = 16; }),
             "trials: 50 until it failed before, 16 after"}),
    [](const auto& info) { return std::string(info.param.name); });

/// Both sides with settings, as matrices of today have them.
Matrix with_settings(Matrix matrix, const Settings& settings) {
    const std::string digest = digest_of(settings);
    for (CellResult& cell : matrix.cells) {
        cell.profile_digest = digest;
    }
    matrix.profiles[digest] = settings;
    return matrix;
}

TEST(Experiment, SettingsThatDifferAreNamedOneByOne) {
    const auto comparison = compare(
        with_settings(before(), {{"cgroup.version", "auto"}, {"duration", "40s"}, {"guest.cpus", "2"}, {"old", "1"}}),
        with_settings(after(), {{"cgroup.version", "1"}, {"duration", "10s"}, {"guest.cpus", "2"}, {"new", "2"}}));
    EXPECT_THAT(differences(comparison),
                ElementsAre("cgroup.version: auto before, 1 after", "duration: 40s before, 10s after",
                            "new: none before, 2 after", "old: 1 before, none after"));
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
    const Settings same{{"duration", "40s"}};
    EXPECT_EQ(compare(with_settings(before(), same), with_settings(after(), same)).outcome, Outcome::good);
}

TEST(Experiment, WhatNeitherSideTellsShowsNothing) {
    const std::pair<const char*, std::function<void(CellResult&)>> kinds[] = {
        {"profile", [](CellResult& cell) { cell.profile_digest.reset(); }},
        {"tier", [](CellResult& cell) { cell.tier.reset(); }},
        {"accelerator", [](CellResult& cell) { cell.accelerator.clear(); }}};
    for (const auto& [name, forget] : kinds) {
        Matrix old_before = before();
        Matrix old_after = after();
        for (Matrix* matrix : {&old_before, &old_after}) {
            each_cell(forget)(*matrix);
        }
        const auto comparison = compare(old_before, old_after);
        EXPECT_THAT(differences(comparison), IsEmpty());
        EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr(fmt::format("the same {} is unknown", name))));
        EXPECT_EQ(comparison.pairs.at(0).change, Change::fixed);
        EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
        const std::string mail = mail_paragraph(comparison, "A <a@b>");
        EXPECT_THAT(mail, Not(HasSubstr(kTestedBy)));
        EXPECT_THAT(mail, HasSubstr("No Tested-by: Nothing is shown"));
    }
}

TEST(Experiment, OneThatPassedMayNotHaveEndedLongBefore) {
    Matrix late = before();
    each_cell([](CellResult& cell) { cell.load_s = 60; })(late);
    Matrix brief = after();
    each_cell([](CellResult& cell) { cell.load_s = 0.1; })(brief);
    const auto comparison = compare(late, brief);
    EXPECT_THAT(differences(comparison), ElementsAre("seconds of load: 60 until it failed before, 0.1 after"));
    EXPECT_EQ(comparison.outcome, Outcome::nothing_shown);
}

TEST(Experiment, ARunThatFailedMayHaveDoneLittle) {
    Matrix early = before();
    for (CellResult& cell : early.cells) {
        cell.trials = 1;
        cell.load_s = 0.5;
        cell.load["cgroups_created"] = 3;
    }
    Matrix whole = after();
    each_cell([](CellResult& cell) { cell.load["cgroups_created"] = 1000; })(whole);
    EXPECT_THAT(differences(compare(early, whole)), IsEmpty());
    EXPECT_EQ(compare(early, whole).outcome, Outcome::good);
}

TEST(Experiment, WhatOnlyOneSideCountedIsADifference) {
    Matrix counted = before();
    each_cell([](CellResult& cell) { cell.load["maps_created"] = 500; })(counted);
    EXPECT_THAT(differences(compare(counted, after())), ElementsAre(HasSubstr("per-CPU arrays created")));
}

TEST(Experiment, OneThatFailedEarlyMayHaveBeenFarFaster) {
    Matrix fast = before();
    Matrix slow = after();
    each_cell([](CellResult& cell) {
        cell.load_s = 3;
        cell.load["swapped_out"] = std::uint64_t{1} << 30U;
    })(fast);
    each_cell([](CellResult& cell) {
        cell.load_s = 60;
        cell.load["swapped_out"] = std::uint64_t{1} << 29U;
    })(slow);
    EXPECT_THAT(differences(compare(fast, slow)), ElementsAre(HasSubstr("bytes swapped out per second")));
}

TEST(Experiment, BuildsWithChangesAreNotKnownToBeTheSame) {
    Matrix one = before();
    Matrix other = after();
    one.tool = other.tool = {"0.1.0", "3f2c9d1a7be4-dirty"};
    const auto comparison = compare(one, other);
    EXPECT_THAT(differences(comparison), IsEmpty());
    EXPECT_THAT(comparison.unknown, ElementsAre("version of blkhang"));
    EXPECT_NE(comparison.outcome, Outcome::good);
}

TEST(Experiment, OneThatPassedMayNotHaveDoneMuchLess) {
    for (const char* name : {"cgroups_created", "maps_created", "bytes_written", "swapped_out"}) {
        Matrix much = before();
        each_cell([&](CellResult& cell) { cell.load[name] = 40'000'000; })(much);
        Matrix little = after();
        each_cell([&](CellResult& cell) { cell.load[name] = 13'000'000; })(little);
        EXPECT_EQ(compare(much, little).differences.size(), 1U) << name;
        each_cell([&](CellResult& cell) { cell.load[name] = 14'000'000; })(little);
        EXPECT_THAT(differences(compare(much, little)), IsEmpty()) << name;
    }
}

TEST(Experiment, OfTwoThatPassedNeitherMayHaveDoneMuchMore) {
    Matrix longer = build::runs(kOld, 5, 5);
    for (CellResult& cell : longer.cells) {
        if (cell.verdict == Verdict::clean) {
            cell.load_s = 130;
            cell.trials = 200;
        }
    }
    EXPECT_THAT(differences(compare(longer, after())),
                ElementsAre("seconds of load: 130 before, 40 after", "trials: 200 before, 50 after"));
    EXPECT_THAT(differences(compare(build::runs(kOld, 0, 5), longer)),
                ElementsAre("seconds of load: 40 before, 130 after", "trials: 50 before, 200 after"));
}

TEST(Experiment, RunsThatSaidNothingAreNoPartOfIt) {
    Matrix broken = after();
    CellResult cell = build::cell(kNew, Verdict::inconclusive);
    cell.tier = "tracepoint";
    build::add(broken, cell);
    EXPECT_THAT(differences(compare(before(), broken)), IsEmpty());
}

TEST(Experiment, AFailureOfAfterStandsWhateverDiffers) {
    Matrix other = build::runs(kNew, 10, 0);
    other.tool.commit = "another";
    EXPECT_EQ(compare(before(), other).outcome, Outcome::fails);
}

TEST(Experiment, APlantedBugIsNoDifference) {
    Subject planted = kNew;
    planted.plant = "sync-alloc";
    EXPECT_EQ(compare(build::runs(planted, 10, 0), after()).outcome, Outcome::good);
}

TEST(Experiment, WhatOnlySomeProfilesDifferInSaysWhich) {
    Matrix two_before = before();
    Matrix two_after = after();
    Subject other = kOld;
    other.profile = "elv-bfq";
    build::add(two_before, build::cell(other, Verdict::clean));
    other.kernel = kNew.kernel;
    build::add(two_after, build::cell(other, Verdict::clean));
    two_after.cells.back().tier = "kprobe";
    two_after.tool.commit = "another";
    EXPECT_THAT(differences(compare(two_before, two_after)),
                ElementsAre("version of blkhang: 0.1.0 (3f2c9d1a7be4) before, 0.1.0 (another) after",
                            "tier: fentry before, kprobe after (elv-bfq)"));
}

/// Two records of the same experiment, one of a kernel that hangs and one of a clean one.
class RecordsDiffer : public testing::Test {
protected:
    RecordsDiffer() {
        for (Record* record : {&bad_, &good_}) {
            record->profile.settings = Settings{{"duration", "40s"}, {"guest.memory", "256MiB"}};
            record->profile.digest = digest_of(*record->profile.settings);
            record->tier.used = "fentry";
        }
    }
    [[nodiscard]] std::vector<std::string> found() const {
        return differences(compare(matrix_of(bad_), matrix_of(good_)));
    }
    void set(const std::string& key, const std::string& value) {
        (*good_.profile.settings)[key] = value;
        good_.profile.digest = digest_of(*good_.profile.settings);
    }
    Record bad_ = replay::record("self-deadlock"), good_ = replay::record("thrash");
};

TEST_F(RecordsDiffer, InNothing) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(RecordsDiffer, InSettings) {
    set("duration", "10s");
    set("guest.memory", "512MiB");
    EXPECT_THAT(found(), ElementsAre("duration: 40s before, 10s after", "guest.memory: 256MiB before, 512MiB after"));
}

TEST_F(RecordsDiffer, InTierAcceleratorAndTool) {
    good_.tier.used = "tracepoint";
    good_.run.accelerator = "kvm";
    good_.tool.commit = "another";
    EXPECT_THAT(found(), ElementsAre("tier: fentry before, tracepoint after", "accelerator: tcg before, kvm after",
                                     "version of blkhang: 0.1.0 (3f2c9d1a7be4) before, 0.1.0 (another) after"));
}

TEST_F(RecordsDiffer, InTheLoadReached) {
    bad_.trials = 100;
    good_.trials = 30;
    EXPECT_THAT(found(), ElementsAre("trials: 100 until it failed before, 30 after"));
}

TEST_F(RecordsDiffer, InWhatOneOfThemTells) {
    good_.profile.settings.reset();
    good_.profile.digest.reset();
    EXPECT_THAT(found(), ElementsAre(HasSubstr("before, unknown after")));
}

}  // namespace
}  // namespace blkhang
