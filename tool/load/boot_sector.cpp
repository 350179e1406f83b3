// SPDX-License-Identifier: GPL-2.0-only
#include "load/boot_sector.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

// Of boot_sector.S: a sector of 16-bit code.
extern "C" const char blkhang_boot_sector[blkhang::kSectorSize];

namespace blkhang {
namespace {

constexpr std::size_t kSettings = 490;       // where they are in there: four numbers, and where two more places are
constexpr std::uint64_t kTicksPer10s = 182;  // of a BIOS
constexpr std::uint64_t kSector = 512;

template <class Number>
void put(std::array<char, kSectorSize>& sector, std::size_t at, Number value) {
    std::memcpy(&sector.at(at), &value, sizeof value);  // both are little-endian
}

std::uint16_t place(const std::array<char, kSectorSize>& sector, std::size_t at) {
    std::uint16_t value = 0;
    std::memcpy(&value, &sector.at(at), sizeof value);
    return value;
}

}  // namespace

std::array<char, kSectorSize> boot_sector(const SectorLoad& load) {
    std::array<char, kSectorSize> sector{};
    std::memcpy(sector.data(), blkhang_boot_sector, sector.size());
    const auto sectors = static_cast<std::uint32_t>(load.block / kSector);
    const auto blocks = std::min<std::uint64_t>(load.disk / load.block, UINT32_MAX / sectors);
    // Rounded down, so that it wants more than it gets. It always rests: who does not, polls.
    const auto ticks = load.limit == 0 ? 1 : std::max<std::uint64_t>(load.block * kTicksPer10s / 10 / load.limit, 1);
    put(sector, kSettings, sectors);
    put(sector, kSettings + 4, sectors);  // the first block is the second of the disk
    put(sector, kSettings + 8, static_cast<std::uint32_t>(blocks * sectors));
    put(sector, kSettings + 12, static_cast<std::uint32_t>(ticks));
    put(sector, place(sector, kSettings + 16), static_cast<std::uint16_t>(sectors));
    put(sector, place(sector, kSettings + 18), sectors);
    return sector;
}

}  // namespace blkhang
