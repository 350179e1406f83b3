// SPDX-License-Identifier: GPL-2.0-only
#include "base/device_size.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace blkhang {

Result<std::uint64_t> device_size(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) {
        return fail_errno("looking at a device");
    }
    if (S_ISREG(info.st_mode)) {
        return static_cast<std::uint64_t>(info.st_size);
    }
    std::uint64_t bytes = 0;
    if (::ioctl(fd, BLKGETSIZE64, &bytes) != 0) {
        return fail_errno("asking for the size of a device");
    }
    return bytes;
}

}  // namespace blkhang
