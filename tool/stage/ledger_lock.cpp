// SPDX-License-Identifier: GPL-2.0-only
#include "stage/ledger_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace blkhang {
namespace {

constexpr const char* kLockFile = "lock";

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

}  // namespace

Result<LedgerLock> LedgerLock::take(const Directory& directory, std::optional<pid_t> killed) {
    const auto context = [&] { return fmt::format("taking the lock of {}", directory.path().string()); };
    constexpr mode_t kOursAlone = 0600;
    Fd file{::openat(directory.descriptor(), kLockFile, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                     kOursAlone)};
    if (!file.valid()) {
        return fail_errno(context());
    }
    auto lock = whole_file();
    if (::fcntl(file.get(), F_SETLK, &lock) == 0) {
        return LedgerLock(std::move(file));
    }
    if (errno != EAGAIN && errno != EACCES) {
        return fail_errno(context());
    }
    auto holder = whole_file();
    const bool is_known = ::fcntl(file.get(), F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK && holder.l_pid > 0;
    if (is_known && holder.l_pid == killed) {
        return LedgerLock(std::move(file));
    }
    const auto who = is_known ? fmt::format("process {}", holder.l_pid) : std::string("another process");
    return fail(
        Error(Fault::usage, fmt::format("{} is changing this host already, or undoes its changes", who))
            .hint(fmt::format("wait for it, or end it{}", is_known ? fmt::format(": kill {}", holder.l_pid) : "")));
}

}  // namespace blkhang
