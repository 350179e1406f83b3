// SPDX-License-Identifier: GPL-2.0-only
#include "run/percpu_waiters.h"

#include <utility>

#include "judge/stack_tells.h"
#include "probe/blocked_tasks.h"

namespace blkhang {
namespace {

constexpr std::size_t kMostBlocked = 4096;

std::vector<seen::BlockedTask> waiters_now(const std::filesystem::path& proc, const Look& look) {
    seen::Wait wait{};
    wait.what = Awaited::percpu_mutex();
    std::vector<seen::BlockedTask> waiters;
    find_blocked_tasks(proc, look, [&](seen::BlockedTask task) {
        if (task.state == 'D' && shows_wait(task, wait) == WaitShown::the_wait) {
            waiters.push_back(std::move(task));
        }
    });
    return waiters;
}

}  // namespace

std::vector<seen::BlockedTask> lasting_percpu_waiters(const std::filesystem::path& proc,
                                                      std::chrono::milliseconds lasting, const PassTime& pass) {
    const auto before = waiters_now(proc, {.first = {}, .limit = kMostBlocked});
    if (before.empty()) {
        return {};
    }
    pass(lasting);
    Look again{.first = {}, .whole = false, .limit = kMostBlocked};
    for (const seen::BlockedTask& task : before) {
        again.first.push_back(task.pid);
    }
    return waiters_now(proc, again);
}

}  // namespace blkhang
