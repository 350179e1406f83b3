// SPDX-License-Identifier: GPL-2.0-only
#include "stage/knob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SettingIn, IsWhatIsChosenOrTheFirstLine) {
    EXPECT_EQ(setting_in("none [mq-deadline] bfq\n"), "mq-deadline");
    EXPECT_EQ(setting_in("64\n"), "64");
    EXPECT_EQ(setting_in("] ["), "] [");
    EXPECT_EQ(setting_in(""), "");
}

class SetKnob : public testing::Test {
protected:
    FakeMachine machine_;
    std::filesystem::path knob_ = machine_.tree.at("sys/knob");
};

TEST_F(SetKnob, TellsTheOldValueBeforeItWritesTheNewOne) {
    machine_.tree.put("sys/knob", "12\n");
    ASSERT_TRUE(set_knob(machine_.staging, knob_, "99"));
    EXPECT_THAT(machine_.ledger.told, ElementsAre(MachineChange(change::Knob{knob_, "", "12"})));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_EQ(machine_.tree.get("sys/knob"), "99\n");
}

TEST_F(SetKnob, WithoutTheLedgerNothingIsWritten) {
    machine_.tree.put("sys/knob", "12\n");
    machine_.ledger.refuses_at = 0;
    const auto refused = set_knob(machine_.staging, knob_, "99");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("the ledger is full"));
    EXPECT_EQ(machine_.tree.get("sys/knob"), "12\n");
}

TEST_F(SetKnob, AFailureNamesTheFileAndCreatesNone) {
    const auto failed = set_knob(machine_.staging, knob_, "99");
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr(knob_.string()));
    EXPECT_FALSE(is_there(knob_));
    EXPECT_THAT(machine_.ledger.all<change::Knob>(), ElementsAre(change::Knob{knob_, "", std::nullopt}));
}

TEST_F(SetKnob, WhichDiskItIsAboutIsTold) {
    machine_.tree.put("sys/block/vdb/diskseq", "7\n");
    machine_.tree.put("sys/block/vdb/queue/scheduler", "[none]\n");
    const auto scheduler = machine_.tree.at("sys/block/vdb/queue/scheduler");
    ASSERT_TRUE(tell_of_knob(machine_.staging, scheduler));
    EXPECT_THAT(machine_.ledger.all<change::Knob>(), ElementsAre(change::Knob{scheduler, "", "none", 7}));
}

TEST_F(SetKnob, OfATableTheDisksOwnLineIsTold) {
    machine_.tree.put("sys/knob", "254:1 enable=0\n254:16 enable=1 ctrl=auto\n");
    machine_.tree.put("sys/dev/block/254:16/diskseq", "9\n");
    ASSERT_TRUE(tell_of_knob(machine_.staging, knob_, "254:16"));
    ASSERT_TRUE(tell_of_knob(machine_.staging, knob_, "254:32"));
    EXPECT_THAT(machine_.ledger.all<change::Knob>(),
                ElementsAre(change::Knob{knob_, "254:16", "254:16 enable=1 ctrl=auto", 9},
                            change::Knob{knob_, "254:32", std::nullopt}));
}

}  // namespace
}  // namespace blkhang
