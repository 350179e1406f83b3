// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace blkhang::old_kernel {

/// What an old kernel refuses: a system call, or only its calls with a bit of `flags` in the argument of that number.
struct Refused {
    std::uint32_t call;
    std::uint32_t reason = ENOSYS;
    std::uint32_t argument = 0;
    std::uint32_t flags = 0;
};

/// From now on this process runs as if on a kernel that knows none of these. False where that cannot be.
inline bool forget_system_calls(const std::vector<Refused>& calls) {
    std::vector<sock_filter> program;
    const auto load = [](std::size_t offset) {
        return sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
    };
    for (const auto& one : calls) {
        program.push_back(load(offsetof(seccomp_data, nr)));
        program.push_back(
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one.call, 0, static_cast<std::uint8_t>(one.flags ? 3 : 1)));
        if (one.flags != 0) {
            program.push_back(load(offsetof(seccomp_data, args) + one.argument * sizeof(std::uint64_t)));
            program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, one.flags, 0, 1));
        }
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | one.reason));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

inline constexpr int kNoFilter = 78;

/// What `act` returns in a child that runs so; kNoFilter where there are no filters.
template <class Act>
int run(const std::vector<Refused>& calls, const Act& act) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::_exit(forget_system_calls(calls) ? act() : kNoFilter);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace blkhang::old_kernel
