// SPDX-License-Identifier: GPL-2.0-only
#include "report/repro/standalone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "profile/shipped.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class StandaloneTest : public testing::Test {
protected:
    [[nodiscard]] std::string script(const Profile& profile) const {
        return standalone_script(record_, profile, Templates::built_in()).value();
    }
    /// What the C program is told.
    [[nodiscard]] std::string words(const Profile& profile) const {
        const std::string text = script(profile);
        const auto begin = text.find("exec \"$program\"");
        return text.substr(begin, text.find("}\n", begin) - begin);
    }
    Record record_ = replay::record("self-deadlock");
    Profile switch_ = load_profile("elv-switch").value();
};

TEST_F(StandaloneTest, EveryShippedProfileIsOneOrSaysWhyNot) {
    std::vector<std::string> refused;
    for (const std::string& name : shipped_profiles()) {
        const Profile profile = load_profile(name).value();
        const auto reasons = beyond_a_script(profile);
        const auto made = standalone_script(record_, profile, Templates::built_in());
        ASSERT_EQ(made.has_value(), reasons.empty()) << name;
        if (!made) {
            refused.push_back(name);
            EXPECT_EQ(made.error().fault(), Fault::usage);
            EXPECT_THAT(made.error().message(), HasSubstr(reasons.front()));
        } else {
            EXPECT_THAT(*made, HasSubstr(name + ".\n"));
        }
    }
    EXPECT_THAT(refused, ElementsAre("hwq-update", "kvm-guests", "noio-percpu", "uspace-blk"));
}

TEST_F(StandaloneTest, SaysAllOfTheLoad) {
    EXPECT_EQ(words(switch_), R"(exec "$program" \
        group "$group" \
        limit "$number1 wbps=1073741824" \
        data "$disk1" 536870912 $((bytes1 - 536870912)) \
        churn 2 40 2097152 1 \
        percpu 2 1 32768 8 \
        hogs 1 $((100663296 + more)) \
        trigger 200 4000 1 \
        shot - "/sys/block/${name1}/queue/scheduler" "mq-deadline" \
        shot - "/sys/block/${name1}/queue/scheduler" "none" \
        run 80
)");
    EXPECT_THAT(script(switch_),
                AllOf(HasSubstr("    check \"$1\" \"$2\" 603979776\n"),
                      HasSubstr("    modprobe -q -a mq-deadline || true"), HasSubstr("#   sh repro.sh DISK BYTES\n")));
}

TEST_F(StandaloneTest, WhatIsNotInTheProfileIsNotInTheScript) {
    switch_.churn.workers = 0;
    switch_.percpu.churners = 0;
    switch_.pressure.vm = 0;
    switch_.throttle.swap = {};
    EXPECT_THAT(words(switch_), Not(testing::ContainsRegex("churn|percpu|hogs|limit|data")));
    EXPECT_THAT(script(switch_), Not(HasSubstr("more=")));
}

TEST_F(StandaloneTest, LimitsOfBothKindsTakeADiskOfTheirOwn) {
    const Profile kvm = load_profile("kvm-2011").value();
    EXPECT_THAT(words(kvm),
                AllOf(HasSubstr("limit \"$number5 wbps=4194304 wiops=50\""),
                      HasSubstr("limit \"$number4 rbps=67108864 wbps=67108864\""),
                      HasSubstr("data \"$disk5\" 4096 $((bytes5 - 4096))"), HasSubstr("writers 1 4096 16777216")));
    EXPECT_THAT(script(kvm), HasSubstr("swapon -p 1 \"$disk4\"\n    echo"));
}

/// A freeze of the swap disk would be another hang.
TEST_F(StandaloneTest, ATriggerForTheWritersDiskTakesOneToo) {
    switch_.triggers.front().disk = TriggerDisk::data;
    EXPECT_THAT(words(switch_), AllOf(HasSubstr("shot - \"/sys/block/${name2}/queue/scheduler\" \"none\""),
                                      HasSubstr("data \"$disk2\" 4096 ")));
    EXPECT_THAT(script(switch_), HasSubstr("#   sh repro.sh DISK BYTES DISK BYTES\n"));
}

TEST_F(StandaloneTest, FreshDisksHaveOneTryEach) {
    const Profile enable = load_profile("iocost-enable").value();
    EXPECT_THAT(words(enable), HasSubstr("trigger 5000 400 1 \"$@\" \\\n        run 100\n"));
    EXPECT_THAT(script(enable), AllOf(HasSubstr("\"$#\" -lt 4 ] || [ \"$#\" -gt 18 ]"),
                                      HasSubstr(R"(shot "$disk" "/sys/fs/cgroup/io.cost.qos" "${number} enable=1")")));
    Profile two = enable;
    two.triggers.front().values.emplace_back("{number} enable=0");
    EXPECT_THAT(beyond_a_script(two), ElementsAre(HasSubstr("more than one value for fresh disks")));
}

/// Whoever made the profile, what it says is text to the shell that runs the script.
TEST_F(StandaloneTest, ValuesAreNoCommands) {
    switch_.triggers.front().values = {R"(a" $(reboot) `reboot` \)", "none"};
    EXPECT_THAT(words(switch_), HasSubstr(R"("a\" \$(reboot) \`reboot\` \\")"));
    switch_.summary = "two\nlines\x1b[2J";
    switch_.name = "x\nreboot";
    record_.kernel.release = "6.1\nreboot #";
    const std::string text = script(switch_);
    EXPECT_THAT(text, Not(testing::ContainsRegex("\nreboot")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("# two lines"));
}

TEST_F(StandaloneTest, RefusesFilesThatAreNotTheKernels) {
    for (const char* file : {"/etc/passwd", "/sys/../etc/passwd", "/proc/sysrq-trigger", "{disk}", "/dev/{disk}"}) {
        switch_.triggers.front().file = file;
        EXPECT_THAT(beyond_a_script(switch_), ElementsAre(HasSubstr("trigger 'switch': its file"))) << file;
    }
    switch_.triggers.front().file = "/sys/x\ny";
    EXPECT_THAT(beyond_a_script(switch_), ElementsAre(HasSubstr("not plain ASCII")));
    switch_.triggers.front().file = "{cgroup}/io.max";
    EXPECT_THAT(beyond_a_script(switch_), IsEmpty());
    switch_.guest.modules = {"bfq; reboot"};
    EXPECT_THAT(beyond_a_script(switch_), ElementsAre(HasSubstr("guest.modules")));
}

TEST_F(StandaloneTest, AllReasonsAreTold) {
    switch_.cgroup.version = CgroupVersion::v1;
    switch_.percpu.flushers = 1;
    switch_.swap.device = SwapKind::nbd;
    switch_.kvm.guests = 1;
    EXPECT_EQ(beyond_a_script(switch_).size(), 4U);
    switch_.swap.device = SwapKind::virtio;
    switch_.swap.disks = 24;
    switch_.triggers.front().values = {"a", "b", "c"};
    EXPECT_THAT(beyond_a_script(switch_), testing::Contains(HasSubstr("72 different writes")));
}

TEST_F(StandaloneTest, HasNoMoreWritesThanTheProgramTakes) {
    switch_.triggers.front().values.assign(63, "none");
    EXPECT_THAT(beyond_a_script(switch_), IsEmpty());
    switch_.triggers.front().values.emplace_back("none");
    EXPECT_THAT(beyond_a_script(switch_), ElementsAre(HasSubstr("64 different writes; 63 is the most")));
}

TEST_F(StandaloneTest, SaysThatABugWasPlanted) {
    EXPECT_THAT(script(switch_), Not(HasSubstr("planted")));
    record_.plant = "sync-alloc";
    EXPECT_THAT(script(switch_), HasSubstr("# That kernel had the bug sync-alloc planted on purpose"));
}

TEST_F(StandaloneTest, ACaseOfBlktestsTakesOneDisk) {
    const auto made = blktests_case(record_, switch_, Templates::built_in()).value();
    EXPECT_THAT(made, AllOf(HasSubstr("\n. tests/block/rc\n"), HasSubstr("\n\t_have_driver mq-deadline\n"),
                            HasSubstr("\tlocal name1; name1=${TEST_DEV_SYSFS##*/}\n"),
                            HasSubstr("DESCRIPTION=\"another IO scheduler for the swap disk"),
                            HasSubstr("\t\tpercpu 2 1 32768 8 \\\n"), HasSubstr("\n\t_require_test_dev_size 576m\n")));
    for (const char* several : {"kvm-2011", "iocost-enable"}) {
        const auto none = blktests_case(record_, load_profile(several).value(), Templates::built_in());
        ASSERT_FALSE(none) << several;
        EXPECT_EQ(none.error().fault(), Fault::usage);
        EXPECT_THAT(none.error().message(), HasSubstr("it takes several disks"));
    }
    Profile simple = switch_;
    simple.triggers.clear();
    simple.throttle.swap = {};
    simple.churn.workers = 0;
    EXPECT_THAT(blktests_case(record_, simple, Templates::built_in()).value(), Not(testing::ContainsRegex("local *\n")))
        << "nothing names the disk";
    switch_.summary = "a \"$(reboot)\" {disk}";
    EXPECT_THAT(blktests_case(record_, switch_, Templates::built_in()).value(),
                HasSubstr(R"x(DESCRIPTION="a \"\$(reboot)\" (disk)")x"));
}

/// A maintainer reads it before he runs it.
TEST_F(StandaloneTest, TheCFileIsShort) {
    const std::string text = script(switch_);
    const auto begin = text.find("<<'END_OF_C'\n");
    const auto end = text.find("\nEND_OF_C\n", begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                         text.begin() + static_cast<std::ptrdiff_t>(end), '\n'),
              300);
}

}  // namespace
}  // namespace blkhang
