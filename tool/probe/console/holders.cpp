// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/holders.h"

#include <algorithm>
#include <iterator>

namespace blkhang {

Holders::Holders(std::optional<KernelVersion> version) : version_(version) {
    before_.reserve(kMost);
    now_.reserve(kMost);
}

void Holders::begin_look() {
    const std::scoped_lock guard(lock_);
    before_.swap(now_);
    now_.clear();
}

void Holders::note(const seen::BlockedTask& task) {
    if (read_stack(log_stack(task.stack), task.state, version_).holds.empty()) {
        return;
    }
    const std::scoped_lock guard(lock_);
    if (now_.size() < kMost) {
        now_.push_back(task.pid);
    }
}

std::vector<std::int32_t> Holders::pids() const {
    std::vector<std::int32_t> pids;
    pids.reserve(2 * kMost);
    const std::scoped_lock guard(lock_);
    pids.assign(now_.begin(), now_.end());
    std::ranges::copy_if(before_, std::back_inserter(pids),
                         [&](std::int32_t pid) { return std::ranges::find(now_, pid) == now_.end(); });
    return pids;
}

}  // namespace blkhang
