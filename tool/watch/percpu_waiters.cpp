// SPDX-License-Identifier: GPL-2.0-only
#include "watch/percpu_waiters.h"

#include <charconv>
#include <map>

#include "base/file.h"
#include "judge/stack_tells.h"
#include "run/blocked_tasks.h"

namespace blkhang {
namespace {

constexpr std::size_t kMostBlocked = 4096;

std::map<std::int32_t, seen::BlockedTask> percpu_waiters(const std::filesystem::path& proc) {
    std::map<std::int32_t, seen::BlockedTask> waiters;
    find_blocked_tasks(proc, {.first = {}, .limit = kMostBlocked}, [&](seen::BlockedTask task) {
        seen::Wait wait{};
        wait.what = Awaited::percpu_mutex();
        if (shows_wait(task, wait) == WaitShown::the_wait) {
            waiters.emplace(task.pid, std::move(task));
        }
    });
    return waiters;
}

}  // namespace

std::optional<seen::BlockedTask> lasting_percpu_waiter(const std::filesystem::path& proc,
                                                       std::chrono::milliseconds apart,
                                                       const std::function<void(std::chrono::milliseconds)>& sleep) {
    const auto before = percpu_waiters(proc);
    if (before.empty()) {
        return std::nullopt;
    }
    sleep(apart);
    for (auto& [pid, task] : percpu_waiters(proc)) {
        if (before.contains(pid)) {
            return task;
        }
    }
    return std::nullopt;
}

std::uint32_t count_tasks(const std::filesystem::path& proc) {
    const auto text = read_file(proc / "loadavg").value_or("");
    const auto slash = text.find('/');
    std::uint32_t tasks = 0;
    if (slash != std::string::npos) {
        std::from_chars(text.data() + slash + 1, text.data() + text.size(), tasks);
    }
    return tasks;
}

}  // namespace blkhang
