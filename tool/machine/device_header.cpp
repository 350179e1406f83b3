// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_header.h"

#include <endian.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "base/device_size.h"

namespace blkhang {
namespace {

constexpr std::string_view kMagic = "blkhang device\n\x1a";
constexpr std::uint32_t kVersion = 1;

/// As it lies on the device, little-endian.
struct Layout {
    std::array<char, kMagic.size()> magic;
    std::uint32_t version;
    std::uint32_t purpose;
    std::uint64_t size;
    std::array<std::uint8_t, 16> uuid;
    std::array<char, 4044> zeros;
    std::uint32_t checksum;
};
static_assert(sizeof(Layout) == kDeviceHeaderSize, "the checksum ends the header");

std::uint32_t checksum_of(const Layout& layout) {
    return static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(&layout), kDeviceHeaderSize - sizeof layout.checksum));
}

Error bad(std::string what) {
    return Error(Fault::usage, "blkhang's header on it is void: " + std::move(what))
        .hint("blkhang prepare --overwrite writes a new one");
}

}  // namespace

std::string_view word(DevicePurpose purpose) { return purpose == DevicePurpose::journal ? "journal" : "load"; }

std::string uuid_text(const DeviceHeader& header) {
    std::string text;
    for (std::size_t i = 0; i < header.uuid.size(); ++i) {
        const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        text += fmt::format("{}{:02x}", dash ? "-" : "", header.uuid.at(i));
    }
    return text;
}

std::string encode(const DeviceHeader& header) {
    Layout layout{};
    std::copy(kMagic.begin(), kMagic.end(), layout.magic.begin());
    layout.version = htole32(kVersion);
    layout.purpose = htole32(static_cast<std::uint32_t>(header.purpose));
    layout.size = htole64(header.size);
    layout.uuid = header.uuid;
    layout.checksum = htole32(checksum_of(layout));
    return {reinterpret_cast<const char*>(&layout), sizeof layout};
}

Result<std::optional<DeviceHeader>> decode_device_header(std::string_view bytes, std::uint64_t device_size) {
    if (!bytes.starts_with(kMagic)) {
        return std::optional<DeviceHeader>{};
    }
    Layout layout{};
    if (bytes.size() < sizeof layout) {
        return fail(bad("it is cut off"));
    }
    std::memcpy(&layout, bytes.data(), sizeof layout);
    if (le32toh(layout.checksum) != checksum_of(layout)) {
        return fail(bad("its checksum is wrong"));
    }
    if (le32toh(layout.version) != kVersion) {
        return fail(bad(fmt::format("version {} is unknown", le32toh(layout.version))));
    }
    DeviceHeader header;
    header.purpose = static_cast<DevicePurpose>(le32toh(layout.purpose));
    if (header.purpose != DevicePurpose::journal && header.purpose != DevicePurpose::load) {
        return fail(bad(fmt::format("purpose {} is unknown", le32toh(layout.purpose))));
    }
    header.size = le64toh(layout.size);
    if (header.size != device_size) {
        return fail(bad(fmt::format("it was made for {} bytes, here are {}", header.size, device_size)));
    }
    header.uuid = layout.uuid;
    return std::optional(header);
}

Result<std::optional<DeviceHeader>> read_device_header(int fd) {
    const auto size = device_size(fd);
    if (!size) {
        return fail(size.error());
    }
    alignas(kDeviceHeaderSize) static thread_local std::array<char, kDeviceHeaderSize> page;  // fit for O_DIRECT
    const ssize_t count = ::pread(fd, page.data(), page.size(), 0);
    if (count < 0) {
        return fail_errno("reading the first page");
    }
    return decode_device_header({page.data(), static_cast<std::size_t>(count)}, *size);
}

}  // namespace blkhang
