// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <vector>

#include "load/guests.h"
#include "load/roles.h"

namespace blkhang {

/// The processes of the load. All are forked, and every steady writer is in its throttled cgroup, before the load
/// begins; from start() on the supervisor makes no process and no cgroup.
class Crew {
public:
    /// The ledger is told of each process, and of all that triggers will change. Virtual machines come first, and write
    /// before anything else is there: a thousand writers take a while, and they do, too.
    static Result<Crew> muster(const Profile& profile, const LoadSite& site, LoadCounters& counters,
                               const MusterListener& listener);
    void start() { give_go(*counters_); }
    /// SIGKILL to all; reaps nothing, because a task stuck in the kernel would make that wait for ever.
    void dismiss();
    /// After that: have all of them ended? Not their own children.
    [[nodiscard]] bool is_gone() const;
    [[nodiscard]] const std::vector<pid_t>& pids() const { return pids_; }

private:
    explicit Crew(LoadCounters& counters) : counters_(&counters) {}
    LoadCounters* counters_;
    std::vector<pid_t> pids_;
};

}  // namespace blkhang
