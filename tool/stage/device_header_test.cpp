// SPDX-License-Identifier: GPL-2.0-only
#include "stage/device_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/testing/fake_devices.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kMiB = FakeDevices::kMiB;

class PrepareDevice : public testing::Test {
protected:
    PrepareDevice() {
        machine_.attribute("vdb", "diskseq", "7");
        machine_.sequence = 7;
        machine_.write("vdb", 100, "old");
        machine_.write("vdb", 16 * kMiB - 3, "old");
        machine_.write("vdb", 5 * kMiB, "deep");
    }
    DeviceClaim claim() { return claim_device(machine_.at("dev/vdb"), machine_.roots, machine_).value(); }
    std::string content() { return read_file(machine_.at("dev/vdb")).value(); }

    FakeDevices machine_;
};

TEST_F(PrepareDevice, PutsTheHeaderAndClearsBothEnds) {
    const auto claimed = claim();
    const auto header = new_device_header(claimed, DevicePurpose::load);
    ASSERT_TRUE(header);
    const auto written = write_device_header(claimed, *header, machine_);
    ASSERT_TRUE(written) << written.error().message();
    const std::string after = content();
    EXPECT_EQ(after.size(), 16 * kMiB);
    EXPECT_EQ(after.substr(0, kDeviceHeaderSize), encode(*header));
    EXPECT_EQ(after.substr(kDeviceHeaderSize, kMiB - kDeviceHeaderSize), std::string(kMiB - kDeviceHeaderSize, '\0'));
    EXPECT_EQ(after.substr(15 * kMiB), std::string(kMiB, '\0'));
    EXPECT_EQ(after.substr(5 * kMiB, 4), "deep") << "the rest is left as it was";
}

TEST_F(PrepareDevice, EachHeaderIsAnother) {
    const auto claimed = claim();
    const auto one = new_device_header(claimed, DevicePurpose::journal).value();
    const auto other = new_device_header(claimed, DevicePurpose::journal).value();
    EXPECT_NE(one.uuid, other.uuid);
    EXPECT_EQ(uuid_text(one)[14], '4');
    EXPECT_EQ(one.size, 16 * kMiB);
}

TEST_F(PrepareDevice, NothingIsWrittenToAnotherDiskThatTookThePlace) {
    const auto claimed = claim();
    const std::string before = content();
    machine_.sequence = 8;
    EXPECT_FALSE(write_device_header(claimed, new_device_header(claimed, DevicePurpose::journal).value(), machine_));
    EXPECT_EQ(content(), before);
}

TEST_F(PrepareDevice, TheDescriptorCountsNotTheName) {
    const auto claimed = claim();
    std::filesystem::rename(machine_.at("dev/vdb"), machine_.at("dev/moved"));
    std::filesystem::copy_file(machine_.at("dev/vdc"), machine_.at("dev/vdb"));
    ASSERT_TRUE(write_device_header(claimed, new_device_header(claimed, DevicePurpose::journal).value(), machine_));
    EXPECT_EQ(content().substr(0, kDeviceHeaderSize), std::string(kDeviceHeaderSize, '\0'));
    EXPECT_EQ(read_file(machine_.at("dev/moved")).value().substr(0, 7), "blkhang");
}

}  // namespace
}  // namespace blkhang
