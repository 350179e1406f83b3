// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>

namespace blkhang {

/// How the guest of a boot sector writes.
struct SectorLoad {
    std::uint64_t block = 4096;  ///< bytes of a write, a multiple of 512, at most 32 KiB
    std::uint64_t disk = 0;      ///< bytes of the disk that it boots from: room for two blocks at least
    std::uint64_t limit = 0;     ///< bytes per second that it is throttled to; 0: not by bytes
};

inline constexpr std::size_t kSectorSize = 512;
/// Memory of a machine that boots one, bytes: it needs its first megabyte, and QEMU a few.
inline constexpr std::uint64_t kSectorMemory = std::uint64_t{4} << 20U;

/// A boot sector that writes to its own disk for ever, and says kWroteOne for each block on the first serial port
/// (boot_sector.S). It wants to write a little more than its throttle lets it, and rests otherwise.
std::array<char, kSectorSize> boot_sector(const SectorLoad& load);

}  // namespace blkhang
