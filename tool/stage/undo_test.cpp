// SPDX-License-Identifier: GPL-2.0-only
#include "stage/undo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/hex.h"
#include "stage/swap.h"
#include "stage/testing/every_change.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kUndoPage = 4096;

/// Work is done here, and each change gets a moment only.
class Undo : public testing::Test {
protected:
    Undo() {
        terms_.apart = [](const auto& work, Deadline) { return std::optional(work()); };
        terms_.patience = [](const MachineChange&) { return std::chrono::milliseconds(50); };
    }
    [[nodiscard]] std::filesystem::path at(const char* file) const { return machine_.tree.at(file); }
    /// As it is now.
    [[nodiscard]] change::File file(const char* name) const { return {at(name), machine_.tree.inode(name)}; }
    [[nodiscard]] change::LoopDisk loop(const char* disk, const char* name) const {
        return {at(disk), at(name), machine_.tree.identity(name)};
    }
    UndoReport undo_all(const std::vector<MachineChange>& changes) {
        return undo(changes, {machine_.tree.roots(), machine_.calls}, terms_);
    }
    UndoneChange undo_one(const MachineChange& change) { return undo_all({change}).changes.at(0); }
    /// The kernel swaps to it, until it is switched off.
    void swap_to(const std::string& disk) {
        machine_.tree.put("proc/swaps", "Filename Type Size Used Priority\n" + at(("dev/" + disk).c_str()).string() +
                                            " partition 1024 16 1\n");
        machine_.calls.brings["swap off " + disk] = [this] { machine_.tree.put("proc/swaps", "Filename\n"); };
    }
    void attach_loop(const std::string& disk, const std::string& file) {
        machine_.tree.disk(disk, "7:0");
        machine_.tree.put("sys/block/" + disk + "/loop/backing_file", at(file.c_str()).string() + "\n");
        machine_.calls.in_loop = machine_.tree.identity(file);
        machine_.calls.brings["detach loop"] = [this, disk] {
            std::filesystem::remove_all(machine_.tree.at("sys/block/" + disk + "/loop"));
            machine_.calls.in_loop.reset();
        };
    }
    FakeMachine machine_;
    UndoTerms terms_;
};

std::vector<UndoState> states(const UndoReport& report) {
    std::vector<UndoState> all;
    for (const auto& one : report.changes) {
        all.push_back(one.state);
    }
    return all;
}

TEST_F(Undo, WhatWasToldAndNeverMadeIsNoTrouble) {
    machine_.tree.put("proc/self/mounts", "");
    const auto report = undo_all(every_change(at("nothing")));
    EXPECT_TRUE(report.is_complete());
    EXPECT_FALSE(report.needs_reboot);
    for (const auto& one : report.changes) {
        EXPECT_EQ(one.state, UndoState::was_gone) << words_for(one.change) << ": " << one.why;
    }
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(Undo, GoesFromTheLastToTheFirst) {
    machine_.tree.put("proc/sys/vm/swappiness", "200\n");
    std::filesystem::create_directories(at("mnt/b"));
    const auto report = undo_all({change::Directory{at("mnt")}, change::Directory{at("mnt/b")},
                                  change::Knob{at("proc/sys/vm/swappiness"), "", "100"}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::undone, UndoState::undone, UndoState::undone));
    EXPECT_EQ(words_for(report.changes.at(0).change), "value of " + at("proc/sys/vm/swappiness").string());
    EXPECT_EQ(machine_.tree.get("proc/sys/vm/swappiness"), "100\n");
    EXPECT_FALSE(is_there(at("mnt")));
}

TEST_F(Undo, OneThatFailsStopsNoOther) {
    machine_.tree.put("mnt/full/file", "somebody's");
    machine_.tree.put("ours", "");
    const auto report = undo_all({file("ours"), change::Directory{at("mnt/full")}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left, UndoState::undone));
    EXPECT_FALSE(report.is_complete());
    EXPECT_FALSE(report.needs_reboot);
    EXPECT_THAT(report.changes.at(0).why, HasSubstr("not empty"));
    EXPECT_TRUE(is_there(at("mnt/full/file")));
    EXPECT_FALSE(is_there(at("ours")));
}

TEST_F(Undo, ToOnlyLookChangesNothing) {
    terms_.only_look = true;
    machine_.tree.put("ours", "");
    swap_to("vdb");
    const auto report = undo_all({file("ours"), change::Swap{at("dev/vdb")}, file("gone")});
    EXPECT_THAT(states(report), ElementsAre(UndoState::was_gone, UndoState::stands, UndoState::stands));
    EXPECT_TRUE(is_there(at("ours")));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(Undo, WhatASwapIsMadeOfStaysUntilItIsOff) {
    machine_.tree.put("swap0", "");
    attach_loop("loop3", "swap0");
    machine_.tree.put("sys/module/loop/refcnt", "1");
    swap_to("loop3");
    machine_.calls.fails["swap off loop3"] = ENOMEM;
    const std::vector<MachineChange> changes{file("swap0"), change::Module{"loop"}, loop("dev/loop3", "swap0"),
                                             change::Swap{at("dev/loop3")}};
    const auto stuck = undo_all(changes);
    EXPECT_THAT(states(stuck), ElementsAre(UndoState::left, UndoState::held, UndoState::held, UndoState::held));
    EXPECT_TRUE(stuck.needs_reboot);
    EXPECT_THAT(stuck.changes.at(0).why, HasSubstr("Cannot allocate memory"));
    EXPECT_THAT(stuck.changes.at(1).why, HasSubstr("swap on"));
    EXPECT_TRUE(is_there(at("swap0")));
    EXPECT_EQ(std::ranges::count(machine_.ledger.journal, "detach loop"), 0);

    machine_.calls.fails.clear();
    machine_.calls.brings["remove module loop"] = [this] { std::filesystem::remove_all(at("sys/module/loop")); };
    machine_.ledger.journal.clear();
    const auto done = undo_all(changes);
    EXPECT_TRUE(done.is_complete());
    EXPECT_FALSE(done.needs_reboot);
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("swap off loop3", "detach loop", "remove module loop"));
    EXPECT_FALSE(is_there(at("swap0")));
}

/// What swapoff has read back stays read back, also where it was ended.
TEST_F(Undo, ALargeSwapIsTriedOnForAsLongAsItGetsSmaller) {
    std::uint64_t held = 640;
    const auto say = [&] {
        machine_.tree.put("proc/swaps", "Filename Type Size Used Priority\n" + at("dev/vdb").string() +
                                            " partition 1024 " + std::to_string(held) + " 1\n");
    };
    say();
    machine_.calls.fails["swap off vdb"] = EINTR;
    machine_.calls.brings["swap off vdb"] = [this] { machine_.tree.put("proc/swaps", "Filename\n"); };
    std::uint64_t at_once = 100;
    terms_.apart = [&](const auto& work, Deadline) {
        auto said = work();
        held -= std::min(at_once, held);
        if (held < 200) {
            machine_.calls.fails.clear();
        }
        if (is_there(at("proc/swaps")) && machine_.tree.get("proc/swaps") != "Filename\n") {
            say();
        }
        return std::optional(said);
    };
    EXPECT_THAT(states(undo_all({change::Swap{at("dev/vdb")}})), ElementsAre(UndoState::undone));

    held = 640;
    at_once = 1;  // a page now and then, that others fault in
    machine_.calls.fails["swap off vdb"] = EINTR;
    say();
    EXPECT_THAT(states(undo_all({change::Swap{at("dev/vdb")}})), ElementsAre(UndoState::left));
    EXPECT_GT(held, 600U);
}

TEST_F(Undo, OtherDisksThanTheSwapsDoNotWaitForIt) {
    machine_.tree.put("data0", "");
    attach_loop("loop4", "data0");
    swap_to("vdb");
    machine_.calls.fails["swap off vdb"] = ENOMEM;
    const auto report = undo_all({file("data0"), loop("dev/loop4", "data0"), change::Swap{at("dev/vdb")}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left, UndoState::undone, UndoState::undone));
}

/// Its name in sysfs changes with every rename on the way to it.
TEST_F(Undo, ALoopDeviceIsDetachedWhateverItsFileIsCalledByThen) {
    machine_.tree.put("swap0", "");
    attach_loop("loop3", "swap0");
    const auto ours = loop("dev/loop3", "swap0");
    std::filesystem::rename(at("swap0"), at("renamed"));
    machine_.tree.put("sys/block/loop3/loop/backing_file", at("renamed").string() + "\n");
    EXPECT_THAT(states(undo_all({ours})), ElementsAre(UndoState::undone));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("detach loop"));
}

TEST_F(Undo, ALoopDeviceThatHasGotAFileOfOthersIsTheirs) {
    machine_.tree.put("swap0", "");
    attach_loop("loop3", "swap0");
    const auto ours = loop("dev/loop3", "swap0");
    std::filesystem::rename(at("swap0"), at("renamed"));
    machine_.tree.put("swap0", "theirs");
    machine_.calls.in_loop = machine_.tree.identity("swap0");
    EXPECT_THAT(states(undo_all({ours})), ElementsAre(UndoState::was_gone)) << "of the same name";
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(Undo, AFileOfOthersThatHasTheNameByNowIsTheirs) {
    machine_.tree.put("ours", "");
    const auto ours = file("ours");
    std::filesystem::rename(at("ours"), at("renamed"));
    machine_.tree.put("ours", "theirs");
    EXPECT_THAT(states(undo_all({ours})), ElementsAre(UndoState::was_gone));
    EXPECT_EQ(machine_.tree.get("ours"), "theirs");
}

TEST_F(Undo, AnotherDiskThatHasTheNameByNowIsLeftAlone) {
    machine_.tree.put("sys/block/vdb/queue/scheduler", "mq-deadline [none]\n");
    machine_.tree.put("sys/fs/cgroup/io.cost.qos", "254:16 enable=1\n");
    const std::vector<MachineChange> changes{change::Knob{at("sys/block/vdb/queue/scheduler"), "", "mq-deadline", 7},
                                             change::Knob{at("sys/fs/cgroup/io.cost.qos"), "254:16", std::nullopt, 7},
                                             change::Swap{at("dev/vdb"), 7}};
    const auto sequence = [&](const char* number) {
        for (const auto* disk : {"sys/block/vdb", "sys/class/block/vdb", "sys/dev/block/254:16"}) {
            machine_.tree.put(std::string(disk) + "/diskseq", number);
        }
    };
    terms_.only_look = true;
    using enum UndoState;
    swap_to("vdb");
    sequence("7\n");
    EXPECT_THAT(states(undo_all(changes)), ElementsAre(stands, stands, stands)) << "the same disk";
    sequence("8\n");
    EXPECT_THAT(states(undo_all(changes)), ElementsAre(was_gone, was_gone, was_gone));

    terms_.only_look = false;
    machine_.tree.put("proc/swaps", machine_.tree.get("proc/swaps") + at("dev/vdb").string() +
                                        "\\040(deleted) partition 1024 16 1\n");
    const auto pulled = undo_all({change::Swap{at("dev/vdb"), 7}});
    EXPECT_THAT(states(pulled), ElementsAre(left)) << "ours was pulled while it was swapped to";
    EXPECT_TRUE(pulled.needs_reboot);
    EXPECT_THAT(machine_.ledger.journal, IsEmpty()) << "theirs is swapped to";
}

TEST_F(Undo, ANullDiskThatIsSwappedToStaysWithWhatLeadsToIt) {
    machine_.tree.put("sys/kernel/config/nullb/blkhang0/power", "1\n");
    machine_.tree.put("sys/kernel/config/nullb/blkhang0/index", "2\n");
    machine_.tree.put("sys/module/null_blk/refcnt", "1");
    machine_.tree.mounted("configfs", at("sys/kernel/config"));
    swap_to("nullb2");
    machine_.calls.fails["swap off nullb2"] = ENOMEM;
    const auto report =
        undo_all({change::Module{"null_blk"}, change::Mount{"configfs", at("sys/kernel/config")},
                  change::NullDisk{at("sys/kernel/config/nullb/blkhang0")}, change::Swap{at("dev/nullb2")}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left, UndoState::held, UndoState::held, UndoState::held));
    EXPECT_EQ(machine_.tree.get("sys/kernel/config/nullb/blkhang0/power"), "1\n");
}

TEST_F(Undo, WhatServesTheSwapIsNotKilled) {
    machine_.tree.put("sys/block/nbd0/pid", "70\n");
    machine_.tree.put("proc/71/comm", "blkhang-server\n");
    machine_.tree.put("sys/fs/cgroup/s.scope/cgroup.procs", "71\n");
    swap_to("nbd0");
    machine_.calls.fails["swap off nbd0"] = ENOMEM;
    const auto report =
        undo_all({change::Scope{"s.scope", at("sys/fs/cgroup/s.scope")}, change::UserDisk{at("dev/nbd0")},
                  change::Process{"blkhang-server", 71}, change::Swap{at("dev/nbd0")}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left, UndoState::held, UndoState::held, UndoState::held));
    EXPECT_EQ(std::ranges::count(machine_.ledger.journal, "kill 71"), 0);
}

TEST_F(Undo, ProcessesInGroupsEndBeforeTheSwapIsSwitchedOff) {
    machine_.tree.put("sys/fs/cgroup/blkhang/cgroup.procs", "71\n");
    machine_.calls.brings["kill 71"] = [this] { machine_.tree.put("sys/fs/cgroup/blkhang/cgroup.procs", ""); };
    swap_to("vdb");
    const auto report = undo_all({change::Cgroup{at("sys/fs/cgroup/blkhang")}, change::Swap{at("dev/vdb")}});
    EXPECT_TRUE(report.is_complete());
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("kill 71", "swap off vdb", "remove blkhang"));
}

TEST_F(Undo, AScopeWithAProcessThatDoesNotEndIsLeftAndNamesIt) {
    machine_.tree.put("sys/fs/cgroup/s.scope/cgroup.procs", "");
    machine_.tree.put("sys/fs/cgroup/s.scope/load/cgroup.procs", "71\n");
    machine_.tree.put("ours", "");
    machine_.calls.fails["remove load"] = EBUSY;
    const auto report = undo_all({file("ours"), change::Scope{"s.scope", at("sys/fs/cgroup/s.scope")}});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left, UndoState::undone));
    EXPECT_THAT(report.changes.at(0).why, HasSubstr("process 71"));
    EXPECT_THAT(report.changes.at(0).why, HasSubstr("has not ended"));
    EXPECT_EQ(std::ranges::count(machine_.ledger.journal, "stop s.scope"), 0) << "systemd would wait for it as well";

    machine_.tree.put("sys/fs/cgroup/s.scope/load/cgroup.procs", "");
    machine_.calls.fails.clear();
    EXPECT_TRUE(undo_all({change::Scope{"s.scope", at("sys/fs/cgroup/s.scope")}}).is_complete()) << "later it is";
}

/// What is slow is not stuck: who is told to reboot loses what others have not written yet.
TEST_F(Undo, TheServiceManagerMayTakeItsTimeInTheLastTryToo) {
    std::chrono::milliseconds given{0};
    terms_.apart = [&](const auto& work, Deadline deadline) {
        given = std::max(given, deadline.remaining());
        return std::optional(work());
    };
    machine_.tree.put("sys/fs/cgroup/s.scope/cgroup.procs", "");
    undo_one(change::Scope{"s.scope", at("sys/fs/cgroup/s.scope")});
    EXPECT_GT(given, std::chrono::seconds(11)) << "two questions to it of 5 s each";
}

TEST_F(Undo, AfterARebootOnlyWhatOutlivesItIsTouched) {
    terms_.same_boot = false;
    machine_.tree.put("proc/71/comm", "blkhang-server\n");
    machine_.tree.put("sys/module/null_blk/refcnt", "1");
    machine_.tree.put("sys/fs/cgroup/blkhang/cgroup.procs", "71\n");
    machine_.tree.put("ours", "");
    std::filesystem::create_directories(at("mnt"));
    swap_to("vdb");
    const auto report =
        undo_all({file("ours"), change::Directory{at("mnt")}, change::Directory{at("sys/fs/cgroup/blkio")},
                  change::Module{"null_blk"}, change::Knob{at("proc/sys/vm/swappiness"), "", "1"},
                  change::Cgroup{at("sys/fs/cgroup/blkhang")}, change::Process{"blkhang-server", 71},
                  change::Swap{at("dev/vdb")}});
    using enum UndoState;
    EXPECT_THAT(states(report),
                ElementsAre(rebooted, rebooted, rebooted, rebooted, rebooted, rebooted, undone, undone));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
    EXPECT_FALSE(is_there(at("ours")));
}

TEST_F(Undo, AFirstPageComesBackToTheDiskThatCarriesOurHeader) {
    machine_.tree.disk("vdb", "254:16");
    ASSERT_TRUE(make_swap(machine_.staging, {"vdb", "254:16", at("dev/vdb")}));
    const auto told = machine_.ledger.told;
    const auto header = machine_.tree.get("dev/vdb");
    terms_.same_boot = false;
    machine_.tree.put("sys/class/block/vdb/uevent", "");
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::undone));
    EXPECT_EQ(machine_.tree.get("dev/vdb"), std::string(4 * kUndoPage, 'x'));
    EXPECT_EQ(machine_.tree.get("sys/class/block/vdb/uevent").substr(0, 6), "change") << "udev is to look anew";
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::was_gone));

    machine_.tree.disk("vdc", "254:32");
    ASSERT_TRUE(make_swap(machine_.staging, {"vdc", "254:32", at("dev/vdc")}));
    const auto others = machine_.tree.get("dev/vdc");
    machine_.tree.put("dev/vdb", others);
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::was_gone)) << "another disk of ours has the name now";
    EXPECT_EQ(machine_.tree.get("dev/vdb"), others);
}

TEST_F(Undo, AFirstPageThatAPowerCutHasTornComesBack) {
    machine_.tree.disk("vdb", "254:16");
    ASSERT_TRUE(make_swap(machine_.staging, {"vdb", "254:16", at("dev/vdb")}));
    const auto told = machine_.ledger.told;
    machine_.tree.put("sys/class/block/vdb/uevent", "");
    const std::string before(4 * kUndoPage, 'x');
    // Without the end, where what makes it a swap area stands.
    const auto torn = machine_.tree.get("dev/vdb").substr(0, 1536) + before.substr(1536);
    machine_.tree.put("dev/vdb", torn);
    terms_.same_boot = false;
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::undone));
    EXPECT_EQ(machine_.tree.get("dev/vdb"), before);
}

TEST_F(Undo, AFirstPageComesBackToADiskThatHasAnotherNameByNow) {
    machine_.tree.disk("vdb", "254:16");
    ASSERT_TRUE(make_swap(machine_.staging, {"vdb", "254:16", at("dev/vdb")}));
    const auto told = machine_.ledger.told;
    const auto header = machine_.tree.get("dev/vdb");
    machine_.tree.disk("vdc", "254:32");
    machine_.tree.put("dev/vdc", header);
    machine_.tree.disk("vdb", "254:16");
    terms_.same_boot = false;
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::was_gone)) << "nobody knows where it is";

    auto digits = to_hex(std::get<change::SwapHeader>(told.at(0)).uuid);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
        digits.insert(dash, "-");
    }
    machine_.tree.link("dev/disk/by-uuid/" + digits, at("dev/vdc"));
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::undone));
    EXPECT_EQ(machine_.tree.get("dev/vdc"), std::string(4 * kUndoPage, 'x'));
    EXPECT_EQ(machine_.tree.get("dev/vdb"), std::string(4 * kUndoPage, 'x')) << "another's";
    EXPECT_THAT(states(undo_all(told)), ElementsAre(UndoState::was_gone));
}

TEST_F(Undo, WhatGetsStuckIsGivenUpAndWantsAReboot) {
    terms_.apart = [](const auto& /*work*/, Deadline deadline) {
        return answer_apart(
            [] {
                ::pause();
                return std::string();
            },
            deadline);
    };
    machine_.tree.put("ours", "");
    const auto report = undo_all({file("ours")});
    EXPECT_THAT(states(report), ElementsAre(UndoState::left));
    EXPECT_TRUE(report.needs_reboot);
    EXPECT_THAT(report.changes.at(0).why, HasSubstr("stuck"));
}

TEST_F(Undo, IsDoneInAChildByDefault) {
    terms_ = UndoTerms();
    machine_.tree.put("ours", "");
    EXPECT_THAT(states(undo_all({file("ours")})), ElementsAre(UndoState::undone));
    EXPECT_FALSE(is_there(at("ours")));
}

TEST_F(Undo, IsTriedAgainWhileSomebodyElseHoldsIt) {
    machine_.tree.mounted("tmpfs", at("mnt"));
    int tries = 0;
    terms_.patience = [](const MachineChange&) { return std::chrono::seconds(20); };
    machine_.calls.fails["unmount mnt"] = EBUSY;
    terms_.apart = [&](const auto& work, Deadline) {
        std::jthread other([&] {
            ::usleep(100'000);
            machine_.tree.put("proc/self/mounts", "");
            ++tries;
        });
        return std::optional(work());
    };
    EXPECT_THAT(states(undo_all({change::Mount{"tmpfs", at("mnt")}})), ElementsAre(UndoState::undone));
    EXPECT_GE(machine_.ledger.journal.size(), 2U);
}

}  // namespace
}  // namespace blkhang
