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
constexpr std::uint64_t kOneTick = 16;       // in the sector's own unit
constexpr std::uint64_t kWantsPercent = 95;  // of the time that its throttle lets pass between two writes
constexpr std::uint64_t kWhole = 1000;       // of both together
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
    // It wants a little more than it gets, and always rests: who does not, polls.
    const auto rest =
        load.limit == 0
            ? kOneTick
            : std::max(load.block * kTicksPer10s * kOneTick * kWantsPercent / kWhole / load.limit, kOneTick);
    put(sector, kSettings, sectors);
    put(sector, kSettings + 4, sectors);  // the first block is the second of the disk
    put(sector, kSettings + 8, static_cast<std::uint32_t>(blocks * sectors));
    put(sector, kSettings + 12, static_cast<std::uint32_t>(rest));
    put(sector, place(sector, kSettings + 16), static_cast<std::uint16_t>(sectors));
    put(sector, place(sector, kSettings + 18), sectors);
    return sector;
}

}  // namespace blkhang
