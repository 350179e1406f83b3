// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <stdexcept>

namespace blkhang {

/// For tests: from now on this process is nobody's, so that what goes past a fake tree by mistake changes nothing.
/// Throws if that cannot be: a test must not go on then.
inline void become_nobody() {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() != 0 && ::getuid() != 0) {
        return;  // an ordinary user may do no harm either
    }
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0 || ::setuid(0) == 0) {
        throw std::runtime_error("cannot drop privileges");
    }
    ::prctl(PR_SET_DUMPABLE, 1);  // what looks for leaks traces this process
}

}  // namespace blkhang
