// SPDX-License-Identifier: GPL-2.0-only
#include "base/forked.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace blkhang {

Result<Forked> fork_teller(const std::function<int(int out)>& work, const char* for_what) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno("making a pipe");
    }
    Fd in{ends[0]};
    const Fd out{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno(for_what);
    }
    if (pid == 0) {
        ::_exit(work(out.get()));
    }
    return Forked{pid, std::move(in)};
}

}  // namespace blkhang
