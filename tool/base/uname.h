// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace blkhang {

/// What uname(2) says of the kernel that runs here, and of this machine.
struct Uname {
    std::string node;     ///< name of the machine, as it was given by whoever set it: any text
    std::string release;  ///< "6.1.0-28-amd64"
    std::string version;  ///< "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)"
    std::string machine;  ///< "x86_64"
};

/// No error: the call has but one, of an address that is not the caller's (EFAULT).
Uname uname_here();

}  // namespace blkhang
