// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/number.h"

namespace blkhang {
namespace {

/// What the kernel knows already: a file server that does not answer is not waited for.
std::optional<PathTarget> look(int directory, const char* path, int flags) {
    struct statx info {};
    const auto ask = [&](int how) {
        return ::statx(directory, path, flags | how | AT_NO_AUTOMOUNT, STATX_TYPE, &info) == 0;
    };
    // Before 4.11 the C library answers in the kernel's place, and refuses the flag.
    if (!ask(AT_STATX_DONT_SYNC) && (errno != EINVAL || !ask(0))) {
        return std::nullopt;
    }
    PathTarget target;
    target.filesystem = {info.stx_dev_major, info.stx_dev_minor};
    if (S_ISBLK(info.stx_mode)) {
        target.kind = PathTarget::Kind::block;
        target.device = {info.stx_rdev_major, info.stx_rdev_minor};
    } else if ((info.stx_mode & S_IFMT) == 0) {
        target.kind = PathTarget::Kind::anonymous;
    }
    return target;
}

}  // namespace

std::string text(DeviceNumber number) { return fmt::format("{}:{}", number.major, number.minor); }

std::optional<DeviceNumber> parse_device_number(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto major = number_in<unsigned>(text.substr(0, colon));
    const auto minor = number_in<unsigned>(text.substr(colon + 1));
    return major && minor ? std::optional(DeviceNumber{*major, *minor}) : std::nullopt;
}

std::optional<PathTarget> LinuxDeviceSystem::look_at(int directory, const char* path) const {
    return look(directory, path, 0);
}

std::optional<PathTarget> LinuxDeviceSystem::look_at(int open) const { return look(open, "", AT_EMPTY_PATH); }

Result<Fd> LinuxDeviceSystem::open(const std::filesystem::path& path, int flags) const {
    Fd fd{::open(path.c_str(), flags | O_CLOEXEC)};
    if (!fd.valid()) {
        return fail_errno(fmt::format("opening {}", path.string()));
    }
    return fd;
}

std::optional<std::uint64_t> LinuxDeviceSystem::diskseq(int fd) const {
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif
    std::uint64_t sequence = 0;
    return ::ioctl(fd, BLKGETDISKSEQ, &sequence) == 0 ? std::optional(sequence) : std::nullopt;
}

}  // namespace blkhang
