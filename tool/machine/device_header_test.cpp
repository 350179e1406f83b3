// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_header.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kBytes = std::uint64_t{64} << 20U;

DeviceHeader journal_header() {
    DeviceHeader header{DevicePurpose::journal, kBytes, {}};
    header.uuid = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    return header;
}

TEST(DeviceHeaderOfBlkhang, IsReadBackAsItWasWritten) {
    const std::string bytes = encode(journal_header());
    ASSERT_EQ(bytes.size(), kDeviceHeaderSize);
    const auto read = decode_device_header(bytes, kBytes);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, journal_header());
    EXPECT_EQ(uuid_text(journal_header()), "deadbeef-0102-0304-0506-0708090a0b0c");
}

TEST(DeviceHeaderOfBlkhang, LiesOnTheDeviceAsItsDescriptionSays) {
    const std::string bytes = encode(journal_header());
    EXPECT_EQ(bytes.substr(0, 16), "blkhang device\n\x1a");
    EXPECT_EQ(bytes.substr(16, 8), std::string("\1\0\0\0\1\0\0\0", 8));
    EXPECT_EQ(bytes.substr(24, 8), std::string("\0\0\0\4\0\0\0\0", 8));
    EXPECT_EQ(bytes.substr(48, 4044), std::string(4044, '\0'));
}

TEST(DeviceHeaderOfBlkhang, WhatHasNoMagicHasNoHeader) {
    for (const std::string& bytes : {std::string(), std::string(kDeviceHeaderSize, '\0'), std::string("blkhang")}) {
        const auto read = decode_device_header(bytes, kBytes);
        ASSERT_TRUE(read);
        EXPECT_FALSE(*read);
    }
}

TEST(DeviceHeaderOfBlkhang, EveryDamagedByteIsNoticed) {
    for (std::size_t at = 16; at < kDeviceHeaderSize; ++at) {
        std::string bytes = encode(journal_header());
        bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
        EXPECT_FALSE(decode_device_header(bytes, kBytes)) << at;
    }
}

TEST(DeviceHeaderOfBlkhang, ACopyOnADeviceOfAnotherSizeIsVoid) {
    const auto read = decode_device_header(encode(journal_header()), kBytes + 512);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), HasSubstr("made for 67108864 bytes, here are 67109376"));
    EXPECT_FALSE(decode_device_header(encode(journal_header()).substr(0, 512), kBytes)) << "cut off";
}

TEST(DeviceHeaderOfBlkhang, IsReadFromWhereItLies) {
    const auto directory = TempDir::make("header");
    ASSERT_TRUE(directory);
    DeviceHeader header = journal_header();
    header.size = 2 * kDeviceHeaderSize;
    const auto file = directory->path() / "device";
    ASSERT_TRUE(write_file(file, encode(header) + std::string(kDeviceHeaderSize, 'x')));
    const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    ::lseek(fd.get(), 100, SEEK_SET);
    const auto read = read_device_header(fd.get());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, header);
}

}  // namespace
}  // namespace blkhang
