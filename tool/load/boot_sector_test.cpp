// SPDX-License-Identifier: GPL-2.0-only
#include "load/boot_sector.h"

#include <cstring>

#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::uint32_t number_at(const std::array<char, kSectorSize>& sector, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, &sector.at(at), sizeof value);
    return value;
}

TEST(BootSector, IsOneThatABiosBoots) {
    const auto sector = boot_sector({.block = 4096, .disk = 1 << 20U, .limit = 0});
    EXPECT_EQ(static_cast<unsigned char>(sector[510]), 0x55);
    EXPECT_EQ(static_cast<unsigned char>(sector[511]), 0xaa);
    EXPECT_EQ(static_cast<unsigned char>(sector[0]), 0xfa) << "begins with cli";
}

TEST(BootSector, StaysOnItsDiskAndOffItself) {
    const auto sector = boot_sector({.block = 4096, .disk = (1 << 20U) + 512, .limit = 0});
    EXPECT_EQ(number_at(sector, 490), 8U) << "sectors of a block";
    EXPECT_EQ(number_at(sector, 494), 8U) << "the first block";
    EXPECT_EQ(number_at(sector, 498), 2048U) << "behind the last whole one";
}

TEST(BootSector, WantsALittleMoreThanItGets) {
    const auto rest = [](std::uint64_t block, std::uint64_t limit) {
        return number_at(boot_sector({.block = block, .disk = 1 << 20U, .limit = limit}), 502);
    };
    EXPECT_EQ(rest(2048, 24 << 10U), 23U) << "1.44 ticks of 1/18.2 s: 12.7 writes, where the throttle allows 12";
    EXPECT_EQ(rest(32 << 10U, 4 << 10U), 2213U);
    EXPECT_EQ(rest(32 << 10U, 1 << 20U), 16U);
    EXPECT_EQ(rest(4096, 1 << 30U), 16U) << "but it always rests a tick";
}

}  // namespace
}  // namespace blkhang
