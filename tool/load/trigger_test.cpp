// SPDX-License-Identifier: GPL-2.0-only
#include "load/trigger.h"

#include <fcntl.h>

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Disk kData{"vda", "254:0"};
const Disk kSwap{"vdb", "254:16"};

LoadSite site() {
    return {.data_disk = kData,
            .swap_disks = {kSwap},
            .spare_disks = {},
            .throttles = {},
            .cgroups = nullptr,
            .cgroup = "/cg/blkhang"};
}

TEST(Shots, PlaceholdersAreFilledIn) {
    const Trigger trigger{.name = "x", .file = "{cgroup}/{disk}/io.max", .values = {"{number} wbps=1", "{disk}{disk}"}};
    EXPECT_THAT(shots(trigger, kSwap, "/cg/blkhang"),
                ElementsAre(Shot{"/cg/blkhang/vdb/io.max", "254:16 wbps=1"}, Shot{"/cg/blkhang/vdb/io.max", "vdbvdb"}));
}

TEST(TriggerDisks, AreThoseItNames) {
    EXPECT_EQ(trigger_disks({.disk = TriggerDisk::data}, site()).front().name, "vda");
    EXPECT_EQ(trigger_disks({.disk = TriggerDisk::swap}, site()).front().name, "vdb");
    EXPECT_THAT(trigger_disks({.disk = TriggerDisk::fresh}, site()), IsEmpty());
}

class TriggerOnFiles : public testing::Test {
protected:
    Trigger on(const std::string& file, std::vector<std::string> values) {
        return {.name = "switch", .file = (dir_.path() / file).string(), .values = std::move(values)};
    }
    void put(const std::string& file, std::string_view content) {
        std::filesystem::create_directories((dir_.path() / file).parent_path());
        ASSERT_TRUE(write_file(dir_.path() / file, content));
    }
    TempDir dir_ = TempDir::make("trigger_test").value();
};

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
    EXPECT_EQ(read_file(dir_.path() / "knob").value(), "16");
    const auto refused = write_once(on("absent", {"1", "2"}), site());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::unsupported);
    EXPECT_THAT(refused.error().message(), testing::AllOf(HasSubstr("trigger 'switch': '1' to"), HasSubstr("'2' to")));
}

TEST_F(TriggerOnFiles, FiringCountsWhatCameOfIt) {
    put("knob", "");
    const std::string path = (dir_.path() / "knob").string();
    TriggerCounters counters;
    const Fd writable{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    EXPECT_TRUE(fire({path, "64"}, writable.get(), true, counters));
    EXPECT_TRUE(fire({path, "16"}, writable.get(), true, counters));
    EXPECT_EQ(read_file(path).value(), "16") << "each value from the beginning of the file";
    EXPECT_EQ(counters.successes, 2U);
    EXPECT_EQ(counters.failures, 0U);
    const Fd unwritable{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(fire({path, "1"}, unwritable.get(), true, counters));
    EXPECT_EQ(counters.attempts, 3U);
    EXPECT_EQ(counters.successes, 2U);
    EXPECT_EQ(counters.failures, 1U);
    EXPECT_EQ(counters.last_errno, EBADF);
}

TEST_F(TriggerOnFiles, WhatChangesNothingIsNoSuccess) {
    put("knob", "none");
    TriggerCounters counters;
    const Fd fd{::open((dir_.path() / "knob").c_str(), O_WRONLY | O_CLOEXEC)};
    EXPECT_TRUE(fire({dir_.path() / "knob", "none"}, fd.get(), false, counters));
    EXPECT_EQ(counters.attempts, 1U);
    EXPECT_EQ(counters.successes, 0U);
    EXPECT_EQ(counters.failures, 0U);
}

class ShotsInTurn : public TriggerOnFiles {
protected:
    /// Of two values, the kernel takes the first or not; each twice.
    void fire_four(bool takes_first, TriggerCounters& counters) {
        put("knob", "");
        const auto path = dir_.path() / "knob";
        std::vector<LoadedShot> both;
        both.push_back({{path, "bfq"}, Fd{::open(path.c_str(), (takes_first ? O_WRONLY : O_RDONLY) | O_CLOEXEC)}});
        both.push_back({{path, "none"}, Fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)}});
        bool took_last = true;
        for (std::size_t round = 0; round < 4; ++round) {
            fire_in_turn(both, round, took_last, counters);
        }
    }
};

TEST_F(ShotsInTurn, AllCountThatChangeSomething) {
    TriggerCounters counters;
    fire_four(true, counters);
    EXPECT_EQ(counters.attempts, 4U);
    EXPECT_EQ(counters.successes, 4U);
}

TEST_F(ShotsInTurn, NoneCountsWhereTheOtherValueIsRefusedEachTime) {
    TriggerCounters counters;
    fire_four(false, counters);
    EXPECT_EQ(counters.attempts, 4U);
    EXPECT_EQ(counters.failures, 2U);
    EXPECT_EQ(counters.successes, 0U);
}

TEST_F(ShotsInTurn, ASingleValueCountsEachTime) {
    put("knob", "");
    const auto path = dir_.path() / "knob";
    std::vector<LoadedShot> one;
    one.push_back({{path, "1"}, Fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)}});
    TriggerCounters counters;
    bool took_last = false;
    fire_in_turn(one, 0, took_last, counters);
    EXPECT_EQ(counters.successes, 1U);
    EXPECT_TRUE(took_last);
}

}  // namespace
}  // namespace blkhang
