// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <algorithm>

namespace blkhang {
namespace {

bool is_for_percpu_mutex(const seen::Wait& wait) { return wait.kind == WaitKind::mutex && wait.what == kPercpuMutex; }

}  // namespace

bool owns_percpu_mutex(const seen::Wait& wait) {
    return wait.owns_percpu_mutex || (is_for_percpu_mutex(wait) && wait.pid != 0 && wait.holder_pid == wait.pid);
}

void WaitGraph::begin(const seen::Wait& wait) {
    if (owns_percpu_mutex(wait)) {
        last_named_owner_ = wait.pid;
    } else if (is_for_percpu_mutex(wait) && wait.holder_pid != 0) {
        last_named_owner_ = wait.holder_pid;
    }
    open_.insert_or_assign(wait.pid, wait);
}

void WaitGraph::end(const seen::Wake& wake) {
    const auto found = open_.find(wake.pid);
    if (found == open_.end()) {
        return;
    }
    const seen::Wait& wait = found->second;
    const bool exited = wake.what.empty();
    if (exited || (wake.kind == wait.kind && wake.what == wait.what)) {
        open_.erase(found);
    }
}

void WaitGraph::forget_open_waits() {
    open_.clear();
    last_named_owner_ = 0;
}

const seen::Wait* WaitGraph::find(std::int32_t pid) const {
    const auto found = open_.find(pid);
    return found == open_.end() ? nullptr : &found->second;
}

const seen::Wait* WaitGraph::holder_of(const seen::Wait& wait) const {
    if (wait.kind == WaitKind::kswapd) {
        return find(wait.holder_pid);
    }
    if (!is_for_percpu_mutex(wait)) {
        return nullptr;
    }
    const seen::Wait* owner = find(last_named_owner_);
    return owner != nullptr && owns_percpu_mutex(*owner) ? owner : nullptr;
}

std::vector<const seen::Wait*> WaitGraph::cycle() const {
    // A task waits for at most one other, so following the holders from each waiter finds every cycle.
    for (const auto& [pid, start] : open_) {
        std::vector<const seen::Wait*> path{&start};
        while (const seen::Wait* holder = holder_of(*path.back())) {
            const auto seen_before = std::find(path.begin(), path.end(), holder);
            if (seen_before != path.end()) {
                return {seen_before, path.end()};
            }
            path.push_back(holder);
        }
    }
    return {};
}

}  // namespace blkhang
