// SPDX-License-Identifier: GPL-2.0-only
#include "load/trigger.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TriggerOnFiles : public testing::Test {
protected:
    TriggerOnFiles() {
        for (const auto& [name, number] : {std::pair{"vda", "254:0"}, {"vdb", "254:16"}, {"vdc", "254:32"}}) {
            machine_.tree.disk(name, number);
        }
    }
    Disk disk(const std::string& name) { return find_disk(machine_.tree.roots(), name).value(); }
    LoadSite site() {
        return {.staging = &machine_.staging,
                .stress_ng = {},
                .data_disk = disk("vda"),
                .swap_disks = {disk("vdb")},
                .spare_disks = {disk("vdc")},
                .throttles = {},
                .cgroups = nullptr,
                .cgroup = "/cg/blkhang"};
    }
    Trigger on(const std::string& file, std::vector<std::string> values) {
        return {.name = "switch", .file = "/sys/" + file, .values = std::move(values)};
    }
    void put(const std::string& file, std::string_view content) { machine_.tree.put("sys/" + file, content); }

    FakeMachine machine_;
};

TEST_F(TriggerOnFiles, PlaceholdersAreFilledIn) {
    const Trigger trigger{.name = "x", .file = "{cgroup}/{disk}/io.max", .values = {"{number} wbps=1", "{disk}{disk}"}};
    EXPECT_THAT(shots(trigger, disk("vdb"), site()),
                ElementsAre(Shot{"/cg/blkhang/vdb/io.max", "254:16 wbps=1", true, false, true},
                            Shot{"/cg/blkhang/vdb/io.max", "vdbvdb"}));
}

TEST_F(TriggerOnFiles, FilesAreThoseOfTheSite) {
    const Trigger trigger{.name = "x", .file = "/sys/block/{disk}/queue/scheduler", .values = {"none"}};
    EXPECT_EQ(shots(trigger, disk("vdb"), site()).at(0).file, machine_.tree.at("sys/block/vdb/queue/scheduler"));
}

TEST_F(TriggerOnFiles, SayWhichOfThemCanCloseTheCycle) {
    const Trigger trigger{.name = "x", .file = "/f", .values = {"bfq", "none"}, .trials = {"bfq"}, .grows = true};
    EXPECT_THAT(shots(trigger, disk("vdb"), site()),
                ElementsAre(Shot{"/f", "bfq", true, true}, Shot{"/f", "none", false, true}));
}

TEST_F(TriggerOnFiles, DisksAreThoseItNames) {
    EXPECT_EQ(trigger_disks({.disk = TriggerDisk::data}, site()).front().name, "vda");
    EXPECT_EQ(trigger_disks({.disk = TriggerDisk::swap}, site()).front().name, "vdb");
    EXPECT_EQ(trigger_disks({.disk = TriggerDisk::fresh}, site()).front().name, "vdc");
}

TEST_F(TriggerOnFiles, WhatItWillChangeIsToldWithItsOldValue) {
    put("block/vdb/queue/scheduler", "none [mq-deadline]\n");
    ASSERT_TRUE(tell_of_trigger({.file = "/sys/block/{disk}/queue/scheduler", .values = {"bfq", "none"}}, site()));
    EXPECT_THAT(
        machine_.ledger.told,
        ElementsAre(MachineChange(change::Knob{machine_.tree.at("sys/block/vdb/queue/scheduler"), "", "mq-deadline"})));
}

TEST_F(TriggerOnFiles, OfATableOnlyTheDisksLineIsTold) {
    put("fs/cgroup/io.cost.qos", "254:0 enable=1\n");
    const Trigger trigger{
        .disk = TriggerDisk::data, .file = "/sys/fs/cgroup/io.cost.qos", .values = {"{number} enable=0"}};
    ASSERT_TRUE(tell_of_trigger(trigger, site()));
    EXPECT_THAT(machine_.ledger.told, ElementsAre(MachineChange(change::Knob{
                                          machine_.tree.at("sys/fs/cgroup/io.cost.qos"), "254:0", "254:0 enable=1"})));
}

TEST_F(TriggerOnFiles, FreshDisksAreToldBeforehand) {
    const Trigger trigger{.disk = TriggerDisk::fresh, .file = "/sys/{disk}", .values = {"1"}};
    ASSERT_TRUE(tell_of_trigger(trigger, site()));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told swap vdc", "told knob vdc"));
    machine_.ledger.refuses_at = 1;
    EXPECT_FALSE(tell_of_trigger(trigger, site()));
}

TEST_F(TriggerOnFiles, ReasonsNameEverythingThatIsMissing) {
    put("vdb/queue/scheduler", "[none] mq-deadline \n");
    EXPECT_THAT(reasons_against(on("{disk}/queue/scheduler", {"mq-deadline", "none"}), site()), IsEmpty());
    EXPECT_THAT(reasons_against(on("{disk}/queue/scheduler", {"bfq", "kyber", "deadline", "none"}), site()),
                ElementsAre(HasSubstr("trigger 'switch': the scheduler bfq is not in"), HasSubstr("kyber"),
                            HasSubstr("deadline is not in")));
    EXPECT_THAT(reasons_against(on("{disk}/queue/none", {"1", "2"}), site()),
                ElementsAre(HasSubstr("vdb/queue/none: No such file")));
}

TEST_F(TriggerOnFiles, WritingOnceTriesEachValueAndNamesAllThatWasRefused) {
    put("knob", "");
    ASSERT_TRUE(write_once(on("knob", {"64", "16"}), site()));
    EXPECT_EQ(machine_.tree.get("sys/knob"), "16");
    const auto refused = write_once(on("absent", {"1", "2"}), site());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::unsupported);
    EXPECT_THAT(refused.error().message(), testing::AllOf(HasSubstr("trigger 'switch': '1' to"), HasSubstr("'2' to")));
}

TEST_F(TriggerOnFiles, WithoutTheLedgerNothingIsWritten) {
    put("knob", "12");
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(write_once(on("knob", {"64"}), site()));
    EXPECT_EQ(machine_.tree.get("sys/knob"), "12");
}

TEST_F(TriggerOnFiles, FiringCountsWhatCameOfIt) {
    put("knob", "");
    const std::string path = machine_.tree.at("sys/knob").string();
    TriggerCounters counters;
    const Fd writable{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    EXPECT_TRUE(fire({path, "64"}, writable.get(), true, counters));
    EXPECT_TRUE(fire({path, "16"}, writable.get(), true, counters));
    EXPECT_EQ(read_file(path).value(), "16") << "each value from the beginning of the file";
    EXPECT_EQ(counters.successes, 2U);
    EXPECT_EQ(counters.failures, 0U);
    const Fd unwritable{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(fire({path, "1"}, unwritable.get(), true, counters));
    EXPECT_EQ(counters.successes, 2U);
    EXPECT_EQ(counters.failures, 1U);
    EXPECT_EQ(counters.last_errno, EBADF);
}

TEST_F(TriggerOnFiles, WhatChangesNothingIsNoSuccess) {
    put("knob", "none");
    TriggerCounters counters;
    const Fd fd{::open(machine_.tree.at("sys/knob").c_str(), O_WRONLY | O_CLOEXEC)};
    EXPECT_TRUE(fire({machine_.tree.at("sys/knob"), "none"}, fd.get(), false, counters));
    EXPECT_EQ(counters.successes, 0U);
    EXPECT_EQ(counters.failures, 0U);
}

class ShotsInTurn : public TriggerOnFiles {
protected:
    LoadedShot loaded(const std::string& value, int mode = O_WRONLY) {
        const auto path = machine_.tree.at("sys/knob");
        return {{path, value}, Fd{::open(path.c_str(), mode | O_CLOEXEC)}};
    }
    Target target(std::vector<std::string> values) {
        Target made;
        for (const auto& value : values) {
            made.shots.push_back(loaded(value));
        }
        return made;
    }
    void fire(Target& target, std::size_t rounds) {
        for (std::size_t round = 0; round < rounds; ++round) {
            fire_in_turn(target, round, counters_);
        }
    }
    /// Of two values, the kernel takes the first or not; each twice.
    void fire_four(bool takes_first) {
        put("knob", "");
        Target both;
        both.shots.push_back(loaded("bfq", takes_first ? O_WRONLY : O_RDONLY));
        both.shots.push_back(loaded("none"));
        fire(both, 4);
    }
    TriggerCounters counters_;
};

TEST_F(ShotsInTurn, AllCountThatChangeSomething) {
    fire_four(true);
    EXPECT_EQ(counters_.attempts, 4U);
    EXPECT_EQ(counters_.successes, 4U);
}

/// A fifo stands for a kernel file: whoever opens it to read is stuck until somebody writes.
TEST_F(ShotsInTurn, AnAttemptIsCountedBeforeTheFileIsReadWhichMayTakeForever) {
    put("knob", "");
    Target one = target({"1"});
    const auto fifo = machine_.tree.at("sys/fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    one.shots[0].shot.file = fifo;
    std::thread trigger([&] { fire_in_turn(one, 0, counters_); });
    for (int i = 0; i < 1000 && counters_.attempts == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(counters_.attempts, 1U);
    EXPECT_EQ(counters_.successes + counters_.failures, 0U);
    { const Fd writer{::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)}; }
    trigger.join();
    EXPECT_EQ(counters_.attempts, 1U);
    EXPECT_EQ(counters_.successes, 1U);
}

TEST_F(ShotsInTurn, NoneCountsWhereTheOtherValueIsRefusedEachTime) {
    fire_four(false);
    EXPECT_EQ(counters_.attempts, 4U);
    EXPECT_EQ(counters_.failures, 2U);
    EXPECT_EQ(counters_.successes, 0U);
}

TEST_F(ShotsInTurn, ASingleValueCountsEachTime) {
    put("knob", "");
    Target one = target({"1"});
    one.took_last = false;
    fire(one, 1);
    EXPECT_EQ(counters_.successes, 1U);
    EXPECT_TRUE(one.took_last);
}

TEST_F(ShotsInTurn, WhatIsSetAlreadyIsNoTrial) {
    put("knob", "64\n");
    Target one = target({"64"});
    fire(one, 1);
    EXPECT_EQ(counters_.successes, 1U);
    EXPECT_EQ(counters_.trials, 0U);
    put("knob", "none [mq-deadline]\n");
    Target scheduler = target({"mq-deadline", "none"});
    fire(scheduler, 1);
    EXPECT_EQ(counters_.trials, 0U);
    put("knob", "[none] mq-deadline\n");
    fire(scheduler, 1);
    EXPECT_EQ(counters_.trials, 1U);
}

TEST_F(ShotsInTurn, OnlyValuesThatCanCloseTheCycleAreTrials) {
    put("knob", "");
    Target both = target({"bfq", "off"});
    both.shots[1].shot.may_close = false;
    for (std::size_t round = 0; round < 4; ++round) {
        put("knob", round % 2 == 0 ? "off" : "bfq");
        fire_in_turn(both, round, counters_);
    }
    EXPECT_EQ(counters_.successes, 4U);
    EXPECT_EQ(counters_.trials, 2U);
}

TEST_F(ShotsInTurn, OnlyGrowthBeyondWhatEverWasIsATrial) {
    put("knob", "");
    Target depths = target({"64", "288", "320", "300"});
    for (auto& one : depths.shots) {
        one.shot.must_grow = true;
    }
    put("knob", "256");
    fire(depths, 1);
    EXPECT_EQ(counters_.trials, 0U) << "it shrank";
    for (std::size_t round = 1; round < 8; ++round) {
        put("knob", "");
        fire_in_turn(depths, round, counters_);
    }
    EXPECT_EQ(counters_.successes, 8U);
    EXPECT_EQ(counters_.trials, 2U) << "288 and 320, once each";
}

TEST_F(ShotsInTurn, ATableOfDisksDoesNotTellSoWhatWasTakenLastDoes) {
    put("knob", "");
    Target one = target({"254:16 enable=1"});
    one.shots[0].shot.in_table = true;
    fire(one, 3);
    EXPECT_EQ(counters_.successes, 3U);
    EXPECT_EQ(counters_.trials, 1U);
}

TEST_F(ShotsInTurn, ARefusedWriteIsNoTrial) {
    put("knob", "none");
    Target one;
    one.shots.push_back(loaded("bfq", O_RDONLY));
    fire(one, 2);
    EXPECT_EQ(counters_.failures, 2U);
    EXPECT_EQ(counters_.trials, 0U);
}

}  // namespace
}  // namespace blkhang
