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
#include <utility>

#include "base/file.h"
#include "base/io_flusher.h"
#include "klog/stack.h"

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

void find_blocked_tasks(const fs::path& proc, const Look& look, const std::function<void(seen::BlockedTask)>& sink) {
    std::size_t found = 0;
    const auto look_at = [&](const fs::path& directory, bool whatever_it_does) {
        // Before it is read: what is told of the task afterwards was so then or became so later.
        const auto now = monotonic_ns();
        auto task = found < look.limit ? read_task(directory) : std::nullopt;
        if (task && (whatever_it_does || task->state == 'D')) {
            task->stack = without_watching(parse_stack(read_file(directory / "stack").value_or("")));
            task->at_ns = now;
            sink(std::move(*task));
            ++found;
        }
    };
    for (const auto pid : look.first) {
        look_at(proc / std::to_string(pid), true);
    }
    if (!look.whole) {
        return;
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(proc, error)) {
        const auto pid = parse_pid(entry.path().filename().string());
        if (pid && std::ranges::find(look.first, *pid) == look.first.end()) {
            look_at(entry.path(), false);
        }
    }
}

/// One look, from its being asked for until the last of what it found was taken.
struct BlockedTaskFinder::Search {
    Look look;
    std::deque<seen::BlockedTask> found = {};
    bool done = false;
};

struct BlockedTaskFinder::Handover {
    std::mutex lock;
    std::condition_variable changed;
    std::deque<std::shared_ptr<Search>> asked;  ///< no thread has taken them up yet
    std::shared_ptr<Search> current;            ///< the latest
    int idle = kThreads;
    bool abandoned = false;

    static constexpr int kThreads = 2;

    void serve(const Finder& finder) {
        std::unique_lock guard(lock);
        for (;;) {
            changed.wait(guard, [&] { return !asked.empty() || abandoned; });
            if (abandoned) {
                return;
            }
            const auto search = std::move(asked.front());
            asked.pop_front();
            guard.unlock();
            finder(search->look, [&](seen::BlockedTask task) {
                const std::scoped_lock found(lock);
                search->found.push_back(std::move(task));
                changed.notify_all();
            });
            guard.lock();
            search->done = true;
            ++idle;
            changed.notify_all();
        }
    }

    /// With the lock held, and some thread idle.
    std::shared_ptr<Search> begin(Look look) {
        --idle;
        current = std::make_shared<Search>();
        current->look = std::move(look);
        asked.push_back(current);
        changed.notify_all();
        return current;
    }
};

BlockedTaskFinder::BlockedTaskFinder()
    : BlockedTaskFinder([](const Look& look, const auto& sink) { find_blocked_tasks("/proc", look, sink); }) {}

BlockedTaskFinder::BlockedTaskFinder(const Finder& finder) : handover_(std::make_shared<Handover>()) {
    for (int i = 0; i < Handover::kThreads; ++i) {
        std::thread([handover = handover_, finder] {
            static_cast<void>(become_io_flusher());  // it must not wait in reclaim for those that it looks for
            handover->serve(finder);
        }).detach();
    }
}

BlockedTaskFinder::~BlockedTaskFinder() {
    const std::scoped_lock guard(handover_->lock);
    handover_->abandoned = true;
    handover_->changed.notify_all();
}

bool BlockedTaskFinder::ask(Look look) {
    const std::unique_lock guard(handover_->lock, std::try_to_lock);
    const auto& latest = handover_->current;
    if (!guard || handover_->idle < Handover::kThreads || (latest && !latest->found.empty())) {
        return false;
    }
    handover_->begin(std::move(look));
    return true;
}

std::optional<seen::BlockedTask> BlockedTaskFinder::take() {
    const std::unique_lock guard(handover_->lock, std::try_to_lock);
    if (!guard || !handover_->current || handover_->current->found.empty()) {
        return std::nullopt;
    }
    auto task = std::move(handover_->current->found.front());
    handover_->current->found.pop_front();
    return task;
}

bool BlockedTaskFinder::collect(Look look, Deadline deadline,
                                const std::function<void(const seen::BlockedTask&)>& sink) {
    std::unique_lock guard(handover_->lock);
    if (!handover_->changed.wait_for(guard, deadline.remaining(), [&] { return handover_->idle > 0; })) {
        return false;
    }
    const auto search = handover_->begin(std::move(look));
    for (;;) {
        handover_->changed.wait_for(guard, deadline.remaining(),
                                    [&] { return search->done || !search->found.empty(); });
        if (search->found.empty()) {
            handover_->current = nullptr;  // what comes late is not for take()
            return search->done;
        }
        const auto task = std::move(search->found.front());
        search->found.pop_front();
        guard.unlock();
        sink(task);
        guard.lock();
    }
}

}  // namespace blkhang
