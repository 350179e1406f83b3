// SPDX-License-Identifier: GPL-2.0-only
#include "run/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "run/testing/collected_evidence.h"
#include "stage/testing/fake_guest.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A guest with a second CPU, and a scheduler to be had for its swap disk.
struct EquippedGuest : FakeGuest {
    EquippedGuest() {
        tree.put("sys/devices/system/cpu/cpu1/online", "0\n");
        tree.put("sys/block/vdb/queue/scheduler", "[none] mq-deadline\n");
    }
};

/// A job without probes and, as nobody may survive here, without a load: what is seen is what comes before it.
class EngineTest : public testing::Test {
protected:
    EngineTest() {
        job_.profile.probe.enabled = false;
        job_.profile.duration = std::chrono::seconds(0);
        job_.profile.churn.workers = 0;
        job_.profile.percpu.churners = 0;
        job_.profile.triggers = {
            {.name = "scheduler",
             .phase = TriggerPhase::stage,
             .file = "/sys/block/{disk}/queue/scheduler",
             .values = {"mq-deadline"}},
            {.name = "switch", .file = "/sys/block/{disk}/queue/scheduler", .values = {"none", "mq-deadline"}}};
    }
    void carry_out() { blkhang::carry_out(job_, {}, evidence_, machine_.site); }
    [[nodiscard]] std::vector<std::string> phases() const {
        std::vector<std::string> names;
        for (const auto& phase : evidence_.all<seen::Phase>()) {
            names.push_back(phase.name);
        }
        return names;
    }
    /// Where that line is in the journal; after all of them if it is not.
    [[nodiscard]] std::ptrdiff_t when(const std::string& line) const {
        const auto& journal = machine_.ledger.journal;
        return std::ranges::find(journal, line) - journal.begin();
    }

    EquippedGuest machine_;
    Job job_;
    CollectedEvidence evidence_;
};

TEST_F(EngineTest, StagesInThisOrderAndTellsAllOfItBefore) {
    carry_out();
    EXPECT_THAT(phases(), testing::IsSupersetOf({"probe", "stage"}));
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("told mount cgroup2", "mount cgroup2", "told cgroup blkhang", "make group blkhang",
                            "told swap header vdb", "told swap vdb", "swap on vdb", "told knob swappiness",
                            "told knob scheduler", "make group blkhang/warm-up", "remove group blkhang/warm-up",
                            "told knob scheduler", "told process blkhang-trigger", "told knob online"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_THAT(evidence_.all<seen::Unsupported>(), IsEmpty());
}

TEST_F(EngineTest, CpusComeOnlineWhenAllCodeIsPatched) {
    carry_out();
    EXPECT_EQ(machine_.tree.get("sys/devices/system/cpu/cpu1/online"), "1\n");
    EXPECT_LT(when("remove group blkhang/warm-up"), when("told knob online"));
    EXPECT_LT(when("told process blkhang-trigger"), when("told knob online"));
}

TEST_F(EngineTest, ACheckChangesNothing) {
    job_.kind = Job::Kind::check;
    carry_out();
    EXPECT_THAT(phases(), ElementsAre("probe"));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(EngineTest, WhatIsLackingIsToldAtOnceAndNothingIsStaged) {
    std::filesystem::remove(machine_.tree.at("proc/swaps"));
    machine_.tree.put("sys/block/vdb/queue/scheduler", "[none]\n");
    carry_out();
    const auto told = evidence_.all<seen::Unsupported>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0].reasons,
                AllOf(Contains(HasSubstr("cannot swap")), Contains(HasSubstr("the scheduler mq-deadline is not in"))));
    EXPECT_THAT(phases(), ElementsAre("probe"));
    EXPECT_EQ(machine_.tree.get("dev/vdb").front(), 'x');
}

TEST_F(EngineTest, ASwapThatFailsIsAFailureAndEndsIt) {
    machine_.calls.fails["swap on vdb"] = EINVAL;
    carry_out();
    const auto told = evidence_.all<seen::Failure>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0].message, HasSubstr("swapping to"));
    EXPECT_EQ(machine_.tree.get("sys/block/vdb/queue/scheduler"), "[none] mq-deadline\n");
    EXPECT_EQ(machine_.tree.get("sys/devices/system/cpu/cpu1/online"), "0\n");
}

/// A warm-up that cannot be undone leaves a group behind that nobody expects.
TEST_F(EngineTest, AFailedUndoIsAFailureAndEndsIt) {
    machine_.cgroups.fails.insert("remove group blkhang/warm-up");
    carry_out();
    const auto told = evidence_.all<seen::Failure>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0].message, HasSubstr("cannot remove group blkhang/warm-up"));
    EXPECT_THAT(machine_.ledger.all<change::Process>(), IsEmpty());
}

/// Whichever entry it is that the ledger does not take.
TEST_F(EngineTest, WithoutTheLedgerTheRunEnds) {
    carry_out();
    const auto all = machine_.ledger.told.size();
    for (std::size_t full = 0; full < all; ++full) {
        EquippedGuest machine;
        machine.ledger.refuses_at = full;
        CollectedEvidence evidence;
        blkhang::carry_out(job_, {}, evidence, machine.site);
        std::string why;
        for (const auto& one : evidence.all<seen::Failure>()) {
            why += one.message;
        }
        for (const auto& one : evidence.all<seen::Unsupported>()) {
            why += one.reasons.front();
        }
        EXPECT_THAT(why, HasSubstr("the ledger is full")) << full;
        EXPECT_EQ(machine.ledger.told.size(), full);
        EXPECT_THAT(machine.ledger.too_late, IsEmpty());
    }
}

}  // namespace
}  // namespace blkhang
