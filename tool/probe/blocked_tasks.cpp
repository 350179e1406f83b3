// SPDX-License-Identifier: GPL-2.0-only
#include "probe/blocked_tasks.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/io_flusher.h"
#include "base/number.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// What a process or thread says of itself.
struct Stat {
    seen::BlockedTask task{};  ///< without its stack
    bool has_more_threads = false;
};

/// Field 20 of `stat`, when the state, the third, is the first one here.
std::size_t threads_in(std::string_view fields) {
    constexpr int kBefore = 17;
    for (int i = 0; i < kBefore; ++i) {
        const auto space = fields.find(' ');
        if (space == std::string_view::npos) {
            return 0;
        }
        fields.remove_prefix(space + 1);
    }
    std::size_t threads = 0;
    std::from_chars(fields.data(), fields.data() + fields.size(), threads);
    return threads;
}

/// `PID (comm) STATE ...`; the name may hold spaces and parentheses.
std::optional<Stat> parse_stat(const std::string& stat) {
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    Stat found;
    if (open == std::string::npos || close == std::string::npos || close + 2 >= stat.size() ||
        std::from_chars(stat.data(), stat.data() + stat.size(), found.task.pid).ec != std::errc{}) {
        return std::nullopt;
    }
    found.task.comm = stat.substr(open + 1, close - open - 1);
    found.task.state = stat[close + 2];
    found.has_more_threads = threads_in(std::string_view(stat).substr(close + 2)) > 1;
    return found;
}

/// Lines of `[<0>] symbol+0x1/0x2 [module]`. Before 5.2 what ends a stack is shown, too (fs/proc/base.c).
Stack parse_stack(const std::string& text) {
    constexpr std::string_view kEnd = "[<ffffffffffffffff>]";
    Stack stack;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kEnd)) {
            continue;
        }
        const auto space = line.find("] ");
        stack.push_back(space == std::string::npos ? line : line.substr(space + 2));
    }
    return stack;
}

std::optional<Stat> read_stat(const fs::path& directory) {
    const auto stat = read_file(directory / "stat");
    return stat ? parse_stat(*stat) : std::nullopt;
}

/// The directories in this one that are named by numbers, until there is enough of them.
void each_task(const fs::path& directory, const std::function<bool(const fs::path&, std::int32_t)>& goes_on) {
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        const auto pid = number_in<std::int32_t>(entry->path().filename().string());
        if (pid && !goes_on(entry->path(), *pid)) {
            return;
        }
    }
}

/// As SysRq-d does on a keyboard; kernel.sysrq is not asked for who writes there (drivers/tty/sysrq.c). A kernel that
/// does not know the letter prints its help.
void list_held_locks(const fs::path& proc) {
    std::error_code error;
    if (!fs::exists(proc / "lockdep", error)) {
        return;
    }
    const Fd trigger{::open((proc / "sysrq-trigger").c_str(), O_WRONLY | O_CLOEXEC)};
    if (trigger.valid()) {
        static_cast<void>(::write(trigger.get(), "d", 1));
    }
}

}  // namespace

void find_blocked_tasks(const fs::path& proc, const Look& look, const std::function<void(seen::BlockedTask)>& sink) {
    if (look.lists_locks) {
        list_held_locks(proc);
    }
    std::size_t found = 0;
    // Whether it has more threads than the one that is looked at.
    const auto look_at = [&](const fs::path& directory, bool whatever_it_does) {
        // Before it is read: what is told of the task afterwards was so then or became so later.
        const auto now = monotonic_ns();
        auto stat = found < look.limit ? read_stat(directory) : std::nullopt;
        if (stat && (whatever_it_does || stat->task.state == 'D')) {
            stat->task.stack = without_watching(parse_stack(read_file(directory / "stack").value_or("")));
            stat->task.at_ns = now;
            sink(std::move(stat->task));
            ++found;
        }
        return stat && stat->has_more_threads;
    };
    const auto is_named = [&](std::int32_t pid) { return std::ranges::find(look.first, pid) != look.first.end(); };
    for (const auto pid : look.first) {
        look_at(proc / std::to_string(pid), true);
    }
    if (!look.whole) {
        return;
    }
    std::vector<std::int32_t> with_more_threads;
    each_task(proc, [&](const fs::path& directory, std::int32_t pid) {
        // One that is named was looked at, but perhaps not its other threads.
        const bool has_more =
            is_named(pid) ? read_stat(directory).value_or(Stat{}).has_more_threads : look_at(directory, false);
        if (has_more && with_more_threads.size() < kMostThreadsLookedAt) {
            with_more_threads.push_back(pid);
        }
        return found < look.limit;
    });
    std::size_t threads = 0;
    for (const auto process : with_more_threads) {
        each_task(proc / std::to_string(process) / "task", [&](const fs::path& directory, std::int32_t thread) {
            if (thread != process && !is_named(thread)) {
                look_at(directory, false);
                ++threads;
            }
            return found < look.limit && threads < kMostThreadsLookedAt;
        });
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
