// SPDX-License-Identifier: GPL-2.0-only
#include "machine/pid_namespace.h"

#include <system_error>

namespace blkhang {

bool has_numbers_of_kernel(const std::filesystem::path& proc) {
    std::error_code unread;
    return std::filesystem::read_symlink(proc / "self/ns/pid", unread).string() == kFirstPidNamespace;
}

}  // namespace blkhang
