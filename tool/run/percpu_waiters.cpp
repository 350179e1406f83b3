// SPDX-License-Identifier: GPL-2.0-only
#include "run/percpu_waiters.h"

#include <algorithm>
#include <thread>

#include "base/words.h"
#include "judge/stack_tells.h"
#include "run/blocked_tasks.h"

namespace blkhang {
namespace {

constexpr std::size_t kMostWaiters = 1000;

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

std::vector<std::string> percpu_waiters(const std::filesystem::path& proc, std::chrono::milliseconds lasting) {
    const auto before = waiters_now(proc, {.first = {}, .limit = kMostWaiters});
    if (before.empty()) {
        return {};
    }
    std::this_thread::sleep_for(lasting);
    Look again{.first = {}, .whole = false, .limit = kMostWaiters};
    for (const seen::BlockedTask& task : before) {
        again.first.push_back(task.pid);
    }
    std::vector<std::string> names;
    for (const seen::BlockedTask& task : waiters_now(proc, again)) {
        names.push_back(task_name(task.comm, task.pid));
    }
    return names;
}

}  // namespace blkhang
