// SPDX-License-Identifier: GPL-2.0-only
#include "load/net_namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace blkhang {
namespace {

/// As long as this is open, the namespace lives.
constexpr const char* kOwn = "/proc/self/ns/net";

}  // namespace

bool NetNamespaces::add() {
    if (::unshare(CLONE_NEWNET) != 0) {
        return false;
    }
    Fd own{::open(kOwn, O_RDONLY | O_CLOEXEC)};
    if (!own.valid()) {
        return false;
    }
    kept_.push_back(std::move(own));
    return true;
}

Status try_net_namespace() {
    // In a child: whoever has moved into one cannot go back everywhere.
    const pid_t pid = ::fork();
    if (pid == 0) {
        NetNamespaces tried;
        ::_exit(tried.add() ? 0 : errno);
    }
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid) {
        return fail_errno("trying a network namespace");
    }
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
    return errno == 0 ? Status() : fail_errno("making a network namespace");
}

}  // namespace blkhang
