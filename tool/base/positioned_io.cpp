// SPDX-License-Identifier: GPL-2.0-only
#include "base/positioned_io.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace blkhang {

Result<std::string> read_at(int fd, std::uint64_t at, std::uint64_t length) {
    std::string bytes(length, '\0');
    for (std::uint64_t done = 0; done < length;) {
        const ssize_t got = ::pread(fd, bytes.data() + done, length - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? fail_errno(fmt::format("reading at {}", at + done))
                           : fail(Fault::broken, fmt::format("it ends at {}, too early", at + done));
        }
        done += static_cast<std::uint64_t>(got);
    }
    return bytes;
}

Status write_at(int fd, std::uint64_t at, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return count < 0 ? fail_errno(fmt::format("writing at {}", at))
                             : fail(Fault::broken, fmt::format("writing at {}: nothing more is taken", at));
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
        at += static_cast<std::uint64_t>(count);
    }
    return {};
}

}  // namespace blkhang
