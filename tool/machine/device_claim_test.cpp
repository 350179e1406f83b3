// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/testing/fake_devices.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t kBytes = 16 * FakeDevices::kMiB;

TEST(DeviceClaims, ADeviceIsFoundByItsNumberWhateverTheNameAndIsKeptOpen) {
    FakeDevices machine;
    machine.alias("vdb", "root/alias");
    machine.link("root/link", machine.at("root/alias"));
    const auto claim = claim_device(machine.at("root/link"), machine.roots, machine);
    ASSERT_TRUE(claim) << claim.error().message();
    EXPECT_EQ(claim->name, "vdb");
    EXPECT_TRUE(claim->unused());
    EXPECT_TRUE(check_still_the_same(*claim, claim->fd.get(), machine));
}

TEST(DeviceClaims, WhatIsNoDeviceIsNone) {
    FakeDevices machine;
    for (const auto* path : {"etc/fstab", "dev/none", "etc"}) {
        const auto claim = claim_device(machine.at(path), machine.roots, machine);
        ASSERT_FALSE(claim) << path;
        EXPECT_EQ(claim.error().fault(), Fault::usage);
    }
}

TEST(DeviceClaims, ADeviceThatIsHeldIsDescribedAndNotKept) {
    FakeDevices machine;
    machine.hold("vdb");
    const auto claim = claim_device(machine.at("dev/vdb"), machine.roots, machine);
    ASSERT_TRUE(claim) << claim.error().message();
    EXPECT_FALSE(claim->fd.valid());
    EXPECT_TRUE(claim->has(DeviceReason::busy));
}

TEST(DeviceClaims, AnotherDiskOfTheSameNumberIsNoticed) {
    FakeDevices machine;
    machine.attribute("vdb", "diskseq", "7");
    machine.sequence = 7;
    const auto claim = claim_device(machine.at("dev/vdb"), machine.roots, machine);
    ASSERT_TRUE(claim) << claim.error().message();
    machine.sequence = 9;
    const auto same = check_still_the_same(*claim, claim->fd.get(), machine);
    ASSERT_FALSE(same);
    EXPECT_THAT(same.error().message(), HasSubstr("another disk"));
    EXPECT_FALSE(claim_device(machine.at("dev/vdb"), machine.roots, machine)) << "sysfs tells of another one";
    const Fd other{::open(machine.at("dev/vdc").c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(check_still_the_same(*claim, other.get(), machine));
}

TEST(DeviceClaims, OnlyAPreparedDeviceOfThePurposeIsHandedOut) {
    FakeDevices machine;
    const auto path = machine.at("dev/vdb");
    const auto blank = claim_prepared_device(path, DevicePurpose::journal, machine.roots, machine);
    ASSERT_FALSE(blank);
    EXPECT_THAT(blank.error().message(), HasSubstr("blkhang prepare"));
    machine.write("vdb", 0, encode({DevicePurpose::journal, kBytes, {}}));
    const auto claim = claim_prepared_device(path, DevicePurpose::journal, machine.roots, machine);
    ASSERT_TRUE(claim) << claim.error().message();
    EXPECT_TRUE(claim->fd.valid());
    EXPECT_FALSE(claim_prepared_device(path, DevicePurpose::load, machine.roots, machine));
    machine.put("etc/crypttab", "c /dev/vdb none\n");
    const auto named = claim_prepared_device(path, DevicePurpose::journal, machine.roots, machine);
    ASSERT_FALSE(named);
    EXPECT_THAT(named.error().message(), HasSubstr("crypttab"));
}

class Preparing : public testing::Test {
protected:
    Preparing() {
        use_.name = "vdb";
        use_.path = "/dev/vdb";
        use_.size = kBytes;
        use_.serial = "S1";
        use_.wwn = "naa.5000";
    }
    void against(DeviceReason reason) { use_.reasons.push_back({reason, "as was read", "this clears it"}); }
    DeviceUse use_;
};

TEST_F(Preparing, TheSerialNumberOrTheWwnIsRepeatedExactly) {
    EXPECT_TRUE(may_prepare(use_, {"S1", false}));
    EXPECT_TRUE(may_prepare(use_, {"naa.5000", false}));
    for (const char* serial : {"", "s1", "S", "S1 ", "vdb"}) {
        const auto may = may_prepare(use_, {serial, true});
        ASSERT_FALSE(may) << serial;
        EXPECT_EQ(may.error().fault(), Fault::usage);
        EXPECT_THAT(may.error().message(), AllOf(HasSubstr("S1 or naa.5000"), HasSubstr("lsblk")));
    }
}

TEST_F(Preparing, ADeviceThatTellsNothingIsCalledByItsNameAndSize) {
    use_.serial = use_.wwn = "";
    EXPECT_TRUE(may_prepare(use_, {"vdb-16777216", false}));
    EXPECT_FALSE(may_prepare(use_, {"", false}));
    use_.wwn = "naa.5000";
    EXPECT_EQ(identity_of(use_), "naa.5000");
}

TEST_F(Preparing, WhatIsOnItIsGivenUpByOverwriteOnly) {
    against(DeviceReason::filesystem);
    const auto may = may_prepare(use_, {"S1", false});
    ASSERT_FALSE(may);
    EXPECT_THAT(may.error().message(), AllOf(HasSubstr("filesystem: as was read"), HasSubstr("--overwrite")));
    EXPECT_TRUE(may_prepare(use_, {"S1", true}));
}

TEST_F(Preparing, ADeviceThatWasPreparedIsContentToo) {
    use_.header = DeviceHeader{};
    EXPECT_FALSE(may_prepare(use_, {"S1", false}));
    EXPECT_TRUE(may_prepare(use_, {"S1", true}));
}

TEST_F(Preparing, OverwriteWaivesNothingElse) {
    std::vector<std::string> waived;
    for (const auto reason : {
#define DEVICE_REASON(value, word, waived, clear) DeviceReason::value,
#include "machine/device_reasons.def"
#undef DEVICE_REASON
         }) {
        use_.reasons.clear();
        against(DeviceReason::data);
        against(reason);
        if (may_prepare(use_, {"S1", true})) {
            waived.emplace_back(word(reason));
        } else {
            EXPECT_THAT(may_prepare(use_, {"S1", true}).error().messages(), testing::SizeIs(3)) << "all reasons";
        }
    }
    EXPECT_THAT(waived, testing::ElementsAre("partition-table", "filesystem", "swap-signature", "void-header", "data"));
}

}  // namespace
}  // namespace blkhang
