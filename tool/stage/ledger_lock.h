// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <optional>
#include <utility>

#include "base/directory.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Holds a directory of ledgers for this process: one run at a time on a host, and nobody undoes what a living one
/// does. It ends with the process at the latest. A record lock (fcntl(2)): children do not inherit it, so one that got
/// stuck in the kernel does not hold it for a run that is dead. A process takes it once at a time.
class LedgerLock {
public:
    /// Fault::usage says which process holds it. One that got SIGKILL, `killed`, holds nothing that counts, even where
    /// it is stuck in the kernel and so keeps its lock: it changes nothing any more.
    static Result<LedgerLock> take(const Directory& directory, std::optional<pid_t> killed = {});
    void release() { file_.reset(); }

private:
    explicit LedgerLock(Fd file) : file_(std::move(file)) {}
    Fd file_;
};

}  // namespace blkhang
