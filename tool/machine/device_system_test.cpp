// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/old_kernel.h"

namespace blkhang {
namespace {

/// statx(2) came with 4.11; before, the C library makes its answer from that of fstatat(2).
TEST(LinuxDeviceSystem, LooksAtFilesOnOldKernels) {
    const auto ended = old_kernel::run({{SYS_statx}}, [] {
        const LinuxDeviceSystem system;
        const Fd opened{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        const auto by_path = system.look_at(AT_FDCWD, "/dev/null");
        const auto by_descriptor = system.look_at(opened.get());
        const bool found = by_path && by_descriptor && by_path->kind == by_descriptor->kind &&
                           by_path->kind != PathTarget::Kind::block && by_path->kind != PathTarget::Kind::anonymous;
        return found && !system.look_at(AT_FDCWD, "/dev/no-such-file") ? 0 : 1;
    });
    EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace blkhang
