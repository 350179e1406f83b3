// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cleanup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "stage/change_json.h"
#include "stage/kept_ledger.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Cleanup : public testing::Test {
protected:
    Cleanup() {
        boot("first");
        machine_.tree.put("proc/self/mounts", "");
        terms_.apart = [](const auto& work, Deadline) { return std::optional(work()); };
        terms_.patience = [](const MachineChange&) { return std::chrono::milliseconds(50); };
    }
    void boot(const std::string& id) const { machine_.tree.put("proc/sys/kernel/random/boot_id", id + "\n"); }
    [[nodiscard]] std::filesystem::path at(const char* file) const { return machine_.tree.at(file); }
    /// As it is now.
    [[nodiscard]] change::File our_file(const char* name) const { return {at(name), machine_.tree.inode(name)}; }
    /// A run that tells this, makes nothing, and is gone; the name of its file.
    std::filesystem::path leave(const std::vector<MachineChange>& changes) const {
        const auto ledger = KeptLedger::begin(machine_.tree.roots(), at("ledgers"));
        EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message());
        for (const auto& change : changes) {
            EXPECT_TRUE((*ledger)->tell(change));
        }
        return (*ledger)->path();
    }
    Result<std::vector<CleanedLedger>> clean(std::optional<pid_t> killed = {}) {
        return clean_up({machine_.tree.roots(), machine_.calls}, at("ledgers"), terms_, killed);
    }
    /// A run that has told this, and goes on.
    [[nodiscard]] pid_t living_run(const std::vector<MachineChange>& changes) const {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        const pid_t run = ::fork();
        if (run == 0) {
            const auto ledger = KeptLedger::begin(machine_.tree.roots(), at("ledgers"));
            const bool good = ledger && std::ranges::all_of(changes, [&](const auto& change) {
                                  return (*ledger)->tell(change).has_value();
                              });
            static_cast<void>(::write(ready[1], good ? "y" : "n", 1));
            ::pause();
            ::_exit(0);
        }
        char answer = 0;
        EXPECT_EQ(::read(ready[0], &answer, 1), 1);
        EXPECT_EQ(answer, 'y');
        ::close(ready[0]);
        ::close(ready[1]);
        return run;
    }
    FakeMachine machine_;
    UndoTerms terms_;
};

TEST_F(Cleanup, WhereNoRunHasBeenNothingIsDoneOrMade) {
    EXPECT_THAT(clean().value(), IsEmpty());
    EXPECT_FALSE(is_there(at("ledgers")));
}

TEST_F(Cleanup, UndoesWhatADeadRunLeftAndForgetsIt) {
    machine_.tree.put("ours", "");
    const auto file = leave({our_file("ours")});
    const auto done = clean().value();
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_TRUE(done[0].is_complete());
    EXPECT_TRUE(done[0].same_boot);
    EXPECT_FALSE(is_there(at("ours")));
    EXPECT_FALSE(is_there(file));
    EXPECT_THAT(clean().value(), IsEmpty());
}

TEST_F(Cleanup, KnowsThatTheMachineWasRestarted) {
    machine_.tree.put("proc/71/comm", "blkhang-writer\n");
    machine_.tree.put("ours", "");
    leave({change::Process{"blkhang-writer", 71}, our_file("ours")});
    boot("second");
    const auto done = clean().value();
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_FALSE(done[0].same_boot);
    EXPECT_TRUE(done[0].is_complete());
    EXPECT_FALSE(is_there(at("ours")));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty()) << "another process has the number now";
}

TEST_F(Cleanup, KeepsTheLedgerOfWhatIsLeftForAnotherTry) {
    machine_.tree.put("mnt/theirs", "");
    const auto file = leave({change::Directory{at("mnt")}});
    EXPECT_FALSE(clean().value().at(0).is_complete());
    EXPECT_TRUE(is_there(file));
    std::filesystem::remove(at("mnt/theirs"));
    EXPECT_TRUE(clean().value().at(0).is_complete());
    EXPECT_FALSE(is_there(at("mnt")));
    EXPECT_FALSE(is_there(file));
}

TEST_F(Cleanup, ToOnlyLookLeavesAllAsItIs) {
    terms_.only_look = true;
    machine_.tree.put("ours", "");
    const auto file = leave({our_file("ours")});
    EXPECT_EQ(clean().value().at(0).report.changes.at(0).state, UndoState::stands);
    EXPECT_TRUE(is_there(at("ours")));
    EXPECT_TRUE(is_there(file));
}

TEST_F(Cleanup, ADamagedLineIsLeftToPeopleAndTheRestUndone) {
    machine_.tree.put("ours", "");
    machine_.tree.put("lost", "");
    machine_.tree.put("last", "");
    const auto file = leave({our_file("ours"), our_file("lost"), our_file("last")});
    auto text = read_file(file).value();
    text[text.find("/lost")] = 'X';
    ASSERT_TRUE(write_file(file, text));
    const auto done = clean().value();
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_FALSE(done[0].is_complete());
    EXPECT_THAT(done[0].ledger.damage, ElementsAre(HasSubstr("damaged")));
    EXPECT_FALSE(is_there(at("ours")));
    EXPECT_FALSE(is_there(at("last")));
    EXPECT_TRUE(is_there(file));
}

TEST_F(Cleanup, WithoutItsFirstLineNothingIsTouched) {
    machine_.tree.put("ours", "");
    const auto file = leave({our_file("ours")});
    auto text = read_file(file).value();
    text[2] = 'X';
    ASSERT_TRUE(write_file(file, text));
    const auto done = clean().value();
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_FALSE(done[0].is_complete());
    EXPECT_TRUE(is_there(at("ours")));
}

TEST_F(Cleanup, ALivingRunIsLeftAlone) {
    machine_.tree.put("ours", "");
    const pid_t run = living_run({our_file("ours")});
    const auto refused = clean();
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused ? Fault::broken : refused.error().fault(), Fault::usage);
    EXPECT_TRUE(is_there(at("ours")));
    ::kill(run, SIGKILL);
    ::waitpid(run, nullptr, 0);
    EXPECT_TRUE(clean().value().at(0).is_complete());
    EXPECT_FALSE(is_there(at("ours")));
}

/// Stuck in the kernel, it would keep its lock for good.
TEST_F(Cleanup, ARunThatWasKilledAndCannotEndIsDead) {
    machine_.tree.put("ours", "");
    const pid_t run = living_run({our_file("ours")});
    EXPECT_FALSE(clean(run + 1));
    const auto done = clean(run);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(done->at(0).is_complete());
    EXPECT_FALSE(is_there(at("ours")));
    ::kill(run, SIGKILL);
    ::waitpid(run, nullptr, 0);
}

TEST_F(Cleanup, WhatWasToldMeanwhileIsUndoneAsWell) {
    machine_.tree.put("ours", "");
    const auto file = leave({our_file("ours")});
    bool is_told = false;
    terms_.apart = [&](const auto& work, Deadline) {
        if (!std::exchange(is_told, true)) {  // by a process that is killed only now
            machine_.tree.put("later", "");
            const auto line = ledger_line(2, encode_change(our_file("later")).value());
            EXPECT_TRUE(write_file(file, read_file(file).value() + line));
        }
        return std::optional(work());
    };
    const auto done = clean().value();
    EXPECT_THAT(done.at(0).report.changes, SizeIs(2));
    EXPECT_TRUE(done.at(0).is_complete());
    EXPECT_FALSE(is_there(at("later")));
    EXPECT_FALSE(is_there(file));
}

}  // namespace
}  // namespace blkhang
