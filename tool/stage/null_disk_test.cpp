// SPDX-License-Identifier: GPL-2.0-only
#include "stage/null_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include <fmt/format.h>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSize = std::uint64_t{512} << 20U;

/// On a tree a new directory has no knobs; one that a test has made before stands for what the driver would put there.
class NullDisk : public testing::Test {
protected:
    /// The driver, whose disk has these knobs.
    void driver(std::initializer_list<const char*> knobs) {
        for (const auto* knob : knobs) {
            machine_.tree.put(std::string("sys/kernel/config/nullb/nullb1/") + knob, "");
        }
    }
    void expect_unsupported(const std::string& why) {
        const auto failed = make_null_disk(machine_.staging, kSize);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().fault(), Fault::unsupported);
        EXPECT_THAT(failed.error().message(), HasSubstr(why));
        EXPECT_THAT(failed.error().message(), HasSubstr("CONFIG_BLK_DEV_NULL_BLK"));
    }
    [[nodiscard]] std::string knob(const std::string& name) const {
        return machine_.tree.get("sys/kernel/config/nullb/nullb1/" + name);
    }
    FakeMachine machine_;
};

TEST_F(NullDisk, IsSetUpAndThenSwitchedOn) {
    driver({"size", "memory_backed", "discard", "power"});
    machine_.tree.put("dev/nullb1", "");
    ASSERT_TRUE(make_null_disk(machine_.staging, kSize));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told mount configfs", "mount configfs", "told null disk nullb1"));
    EXPECT_EQ(machine_.ledger.all<change::NullDisk>().at(0).directory,
              machine_.tree.at("sys/kernel/config/nullb/nullb1"));
    EXPECT_EQ(knob("size"), "512");
    EXPECT_EQ(knob("memory_backed"), "1");
    EXPECT_EQ(knob("power"), "1");
}

TEST_F(NullDisk, WithoutConfigfsThereIsNone) {
    machine_.calls.fails["mount configfs"] = ENODEV;
    expect_unsupported("mounting configfs");
}

TEST_F(NullDisk, WithoutTheDriverThereIsNone) {
    machine_.tree.put("sys/kernel/config/other", "");
    expect_unsupported("nullb/nullb1: No such file");
}

TEST_F(NullDisk, ItIsToldBeforeItIsMade) {
    machine_.tree.put("sys/kernel/config/nullb/features", "");
    expect_unsupported("nullb1/size: No such file");
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_TRUE(is_there(machine_.tree.at("sys/kernel/config/nullb/nullb1")));
}

TEST_F(NullDisk, AKnobThatIsMissingKeepsItOff) {
    driver({"size", "memory_backed", "power"});
    expect_unsupported("nullb1/discard");
    EXPECT_EQ(knob("power"), "");
}

TEST_F(NullDisk, ADriverThatNamesItOtherwiseIsNoUse) {
    driver({"size", "memory_backed", "discard", "power"});
    expect_unsupported("another name");
}

TEST_F(NullDisk, WithoutTheLedgerNothingIsMade) {
    machine_.tree.put("sys/kernel/config/nullb/features", "");
    machine_.ledger.refuses_at = 1;
    const auto failed = make_null_disk(machine_.staging, kSize);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().fault(), Fault::broken) << "not the kernel's fault";
    EXPECT_FALSE(is_there(machine_.tree.at("sys/kernel/config/nullb/nullb1")));
}

TEST_F(NullDisk, SeveralHaveTheNamesOfTheirDirectories) {
    for (const auto* name : {"blkhang0", "blkhang1"}) {
        for (const auto* knob : {"size", "memory_backed", "discard", "power"}) {
            machine_.tree.put(fmt::format("sys/kernel/config/nullb/{}/{}", name, knob), "");
        }
        machine_.tree.put(fmt::format("dev/{}", name), "");
        EXPECT_EQ(make_null_disk(machine_.staging, name, kSize).value(), name);
    }
    EXPECT_EQ(machine_.ledger.all<change::NullDisk>().size(), 2U);
}

TEST_F(NullDisk, OlderDriversNameThemByAnIndex) {
    for (const auto* knob : {"size", "memory_backed", "discard", "power"}) {
        machine_.tree.put(std::string("sys/kernel/config/nullb/blkhang0/") + knob, "");
    }
    machine_.tree.put("sys/kernel/config/nullb/blkhang0/index", "4\n");
    machine_.tree.put("dev/nullb4", "");
    EXPECT_EQ(make_null_disk(machine_.staging, "blkhang0", kSize).value(), "nullb4");
}

TEST_F(NullDisk, ADirectoryOfOthersIsNeitherTakenNorTold) {
    driver({"size", "memory_backed", "discard"});
    machine_.tree.put("sys/kernel/config/nullb/nullb1/power", "1\n");
    const auto failed = make_null_disk(machine_.staging, kSize);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("there already"));
    EXPECT_THAT(machine_.ledger.all<change::NullDisk>(), IsEmpty());
    EXPECT_EQ(knob("size"), "");
}

}  // namespace
}  // namespace blkhang
