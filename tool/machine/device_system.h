// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// "254:16" of the kernel's lists.
struct DeviceNumber {
    unsigned major = 0, minor = 0;
    bool operator==(const DeviceNumber&) const = default;
    bool operator<(const DeviceNumber& other) const {
        return std::tie(major, minor) < std::tie(other.major, other.minor);
    }
};
std::string text(DeviceNumber number);
std::optional<DeviceNumber> parse_device_number(std::string_view text);

/// What stat(2) tells of a path.
struct PathTarget {
    enum class Kind {
        block,      ///< a block device
        anonymous,  ///< what has no type: an io_uring, an eventfd
        other,
    };
    Kind kind = Kind::other;
    DeviceNumber device;      ///< of a block device: which one
    DeviceNumber filesystem;  ///< where the path lies
};

/// What is asked of the kernel about devices other than by reading files. Tests have one whose devices are files.
class DeviceSystem {
public:
    DeviceSystem() = default;
    DeviceSystem(const DeviceSystem&) = delete;
    DeviceSystem& operator=(const DeviceSystem&) = delete;
    virtual ~DeviceSystem() = default;

    /// Over links; relative to a directory, or AT_FDCWD. Nothing if there is nothing or it cannot be reached.
    [[nodiscard]] virtual std::optional<PathTarget> look_at(int directory, const char* path) const = 0;
    [[nodiscard]] virtual std::optional<PathTarget> look_at(int open) const = 0;
    /// open(2), always with O_CLOEXEC. The errno is kept as a value.
    [[nodiscard]] virtual Result<Fd> open(const std::filesystem::path& path, int flags) const = 0;
    /// Which disk it is since boot (BLKGETDISKSEQ); nothing before 5.15.
    [[nodiscard]] virtual std::optional<std::uint64_t> diskseq(int fd) const = 0;
};

class LinuxDeviceSystem final : public DeviceSystem {
public:
    [[nodiscard]] std::optional<PathTarget> look_at(int directory, const char* path) const override;
    [[nodiscard]] std::optional<PathTarget> look_at(int open) const override;
    [[nodiscard]] Result<Fd> open(const std::filesystem::path& path, int flags) const override;
    [[nodiscard]] std::optional<std::uint64_t> diskseq(int fd) const override;
};

}  // namespace blkhang
