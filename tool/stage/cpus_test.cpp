// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OnlineCpus, OnlyThoseThatAreOfflineChange) {
    FakeMachine machine;
    machine.tree.put("sys/devices/system/cpu/cpu0/topology/core_id", "0");  // it has no file to be switched off with
    machine.tree.put("sys/devices/system/cpu/cpu1/online", "1\n");
    machine.tree.put("sys/devices/system/cpu/cpu2/online", "0\n");
    ASSERT_TRUE(online_cpus(machine.staging));
    EXPECT_THAT(
        machine.ledger.told,
        ElementsAre(MachineChange(change::Knob{machine.tree.at("sys/devices/system/cpu/cpu2/online"), "", "0"})));
    EXPECT_THAT(machine.ledger.too_late, IsEmpty());
    EXPECT_EQ(machine.tree.get("sys/devices/system/cpu/cpu2/online"), "1\n");
}

TEST(OnlineCpus, AFailureIsTold) {
    FakeMachine machine;
    machine.tree.put("sys/devices/system/cpu/cpu2/online", "0\n");
    std::filesystem::permissions(machine.tree.at("sys/devices/system/cpu/cpu2/online"),
                                 std::filesystem::perms::owner_read);
    const auto failed = online_cpus(machine.staging);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("bringing up a CPU"));
}

}  // namespace
}  // namespace blkhang
