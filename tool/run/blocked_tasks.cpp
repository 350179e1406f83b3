// SPDX-License-Identifier: GPL-2.0-only
#include "run/blocked_tasks.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "base/io_flusher.h"
#include "judge/stack.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// `PID (comm) STATE ...`; the name may hold spaces and parentheses.
std::optional<seen::BlockedTask> parse_stat(const std::string& stat) {
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    seen::BlockedTask task{};
    if (open == std::string::npos || close == std::string::npos || close + 2 >= stat.size() ||
        std::from_chars(stat.data(), stat.data() + stat.size(), task.pid).ec != std::errc{}) {
        return std::nullopt;
    }
    task.comm = stat.substr(open + 1, close - open - 1);
    task.state = stat[close + 2];
    return task;
}

/// Lines of `[<0>] symbol+0x1/0x2 [module]`.
Stack parse_stack(const std::string& text) {
    Stack stack;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto space = line.find("] ");
        stack.push_back(space == std::string::npos ? line : line.substr(space + 2));
    }
    return stack;
}

std::optional<std::int32_t> parse_pid(const std::string& name) {
    std::int32_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    return parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size() ? std::optional{pid} : std::nullopt;
}

/// The task of this directory, without its stack.
std::optional<seen::BlockedTask> read_task(const fs::path& directory) {
    const auto stat = read_file(directory / "stat");
    return stat ? parse_stat(*stat) : std::nullopt;
}

}  // namespace

void find_blocked_tasks(const fs::path& proc, std::size_t limit, const std::vector<std::int32_t>& first,
                        const std::function<void(seen::BlockedTask)>& sink) {
    std::size_t found = 0;
    const auto look_at = [&](const fs::path& directory, bool whatever_it_does) {
        auto task = found < limit ? read_task(directory) : std::nullopt;
        if (task && (whatever_it_does || task->state == 'D')) {
            task->stack = without_watching(parse_stack(read_file(directory / "stack").value_or("")));
            sink(std::move(*task));
            ++found;
        }
    };
    for (const auto pid : first) {
        look_at(proc / std::to_string(pid), true);
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(proc, error)) {
        const auto pid = parse_pid(entry.path().filename().string());
        if (pid && std::ranges::find(first, *pid) == first.end()) {
            look_at(entry.path(), false);
        }
    }
}

struct BlockedTaskFinder::Handover {
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::int32_t> first;
    std::deque<seen::BlockedTask> found;
    enum { idle, asked, done, abandoned } state = idle;
};

BlockedTaskFinder::BlockedTaskFinder(std::size_t limit) : handover_(std::make_shared<Handover>()) {
    std::thread([handover = handover_, limit] {
        static_cast<void>(become_io_flusher());  // it must not wait in reclaim for those that it looks for
        std::unique_lock guard(handover->lock);
        handover->changed.wait(guard, [&] { return handover->state != Handover::idle; });
        if (handover->state == Handover::abandoned) {
            return;
        }
        guard.unlock();
        find_blocked_tasks("/proc", limit, handover->first, [&](seen::BlockedTask task) {
            const std::scoped_lock found(handover->lock);
            handover->found.push_back(std::move(task));
            handover->changed.notify_all();
        });
        guard.lock();
        handover->state = Handover::done;
        handover->changed.notify_all();
    }).detach();
}

BlockedTaskFinder::~BlockedTaskFinder() {
    const std::scoped_lock guard(handover_->lock);
    handover_->state = Handover::abandoned;
    handover_->changed.notify_all();
}

bool BlockedTaskFinder::collect(std::vector<std::int32_t> first, Deadline deadline,
                                const std::function<void(const seen::BlockedTask&)>& sink) {
    std::unique_lock guard(handover_->lock);
    handover_->first = std::move(first);
    handover_->state = Handover::asked;
    handover_->changed.notify_all();
    for (;;) {
        handover_->changed.wait_for(guard, deadline.remaining(),
                                    [&] { return handover_->state == Handover::done || !handover_->found.empty(); });
        if (handover_->found.empty()) {
            return handover_->state == Handover::done;
        }
        const auto task = std::move(handover_->found.front());
        handover_->found.pop_front();
        guard.unlock();
        sink(task);
        guard.lock();
    }
}

}  // namespace blkhang
