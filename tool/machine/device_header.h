// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// blkhang's header makes a whole device blkhang's own. `blkhang prepare` writes it after every question of
/// machine/device_use.h; without a valid one no device is ever written to. It is the first 4 KiB of the device, numbers
/// are little-endian:
///
///     offset  bytes  what
///          0     16  magic: "blkhang device\n", 0x1a
///         16      4  version of the layout: 1
///         20      4  purpose: 1 journal, 2 load
///         24      8  size of the device in bytes: of a copy on another device, or after a resize, the header is void
///         32     16  UUID of this device, made anew by each `prepare`
///         48   4044  zeros
///       4092      4  CRC-32 (that of zlib) of all before it
///
/// Up to 1 MiB nothing else is written, so that who comes later may extend it; data begin there.
namespace blkhang {

inline constexpr std::size_t kDeviceHeaderSize = 4096;
inline constexpr std::uint64_t kDeviceDataOffset = std::uint64_t{1} << 20U;

/// What a device was given to blkhang for: the load destroys what it writes over, and must never do so to evidence.
enum class DevicePurpose : std::uint32_t { journal = 1, load = 2 };
std::string_view word(DevicePurpose purpose);  ///< "journal", "load"

struct DeviceHeader {
    DevicePurpose purpose = DevicePurpose::journal;
    std::uint64_t size = 0;  ///< of the device, bytes
    std::array<std::uint8_t, 16> uuid{};

    bool operator==(const DeviceHeader&) const = default;
};
/// 8-4-4-4-12 hexadecimal digits.
std::string uuid_text(const DeviceHeader& header);

/// The kDeviceHeaderSize bytes.
std::string encode(const DeviceHeader& header);
/// Nothing if the magic is not there. A header that is there and damaged, of another version, or made for a device of
/// another size is an error, which says what is wrong.
Result<std::optional<DeviceHeader>> decode_device_header(std::string_view bytes, std::uint64_t device_size);
/// The same of an open device (O_DIRECT too), or of a file in place of one. Where it stands does not matter.
Result<std::optional<DeviceHeader>> read_device_header(int fd);

}  // namespace blkhang
