// SPDX-License-Identifier: GPL-2.0-only
#include "stage/device_header.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/positioned_io.h"
#include "base/random.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kEnd = kDeviceDataOffset;

Status write_all_of_it(int fd, const DeviceHeader& header) {
    const std::string zeros(kEnd, '\0');
    if (auto written = write_at(fd, 0, std::string_view(zeros).substr(0, std::min(header.size, kEnd))); !written) {
        return written;
    }
    if (header.size > kEnd) {
        if (auto written = write_at(fd, header.size - kEnd, zeros); !written) {
            return written;
        }
    }
    // The header last: until it is there, the device is nobody's.
    if (::fsync(fd) != 0) {
        return fail_errno("writing zeros");
    }
    if (auto written = write_at(fd, 0, encode(header)); !written) {
        return written;
    }
    if (::fsync(fd) != 0) {
        return fail_errno("writing the header");
    }
    const auto read = read_device_header(fd);
    if (!read) {
        return fail(read.error());
    }
    if (*read != header) {
        return fail(Fault::broken, "what was written is not what is read");
    }
    return {};
}

}  // namespace

Result<Fd> open_claimed_for_writing(const DeviceClaim& claim, int flags, const DeviceSystem& system) {
    auto fd = system.open(fmt::format("/proc/self/fd/{}", claim.fd.get()), O_RDWR | flags);
    if (!fd) {
        return fail_within(std::move(fd.error()), fmt::format("opening {} for writing", claim.path.string()));
    }
    if (auto same = check_still_the_same(claim, fd->get(), system); !same) {
        return fail(same.error());
    }
    return fd;
}

Result<DeviceHeader> new_device_header(const DeviceUse& use, DevicePurpose purpose) {
    DeviceHeader header{purpose, use.size, {}};
    if (auto filled = fill_with_random(std::as_writable_bytes(std::span(header.uuid))); !filled) {
        return fail_within(std::move(filled.error()), "making a UUID");
    }
    constexpr unsigned kVersionAt = 6, kVariantAt = 8;  // RFC 4122: version 4, made at random
    header.uuid[kVersionAt] = static_cast<std::uint8_t>((header.uuid[kVersionAt] & 0x0fU) | 0x40U);
    header.uuid[kVariantAt] = static_cast<std::uint8_t>((header.uuid[kVariantAt] & 0x3fU) | 0x80U);
    return header;
}

Status write_device_header(const DeviceClaim& claim, const DeviceHeader& header, const DeviceSystem& system) {
    const auto fd = open_claimed_for_writing(claim, 0, system);
    if (!fd) {
        return fail(fd.error());
    }
    if (auto written = write_all_of_it(fd->get(), header); !written) {
        return fail_within(std::move(written.error()), fmt::format("preparing {}", claim.path.string()));
    }
    return {};
}

}  // namespace blkhang
