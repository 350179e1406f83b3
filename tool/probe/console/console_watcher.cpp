// SPDX-License-Identifier: GPL-2.0-only
#include <sys/utsname.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/io_flusher.h"
#include "machine/host_reader.h"
#include "machine/swap_queues.h"
#include "probe/attach.h"
#include "probe/blocked_tasks.h"
#include "probe/console/open_queue_file.h"
#include "probe/console/stack_waits.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// From one look at all blocked tasks to the next: a look costs a system call or two for each task.
constexpr auto kBetweenLooks = std::chrono::milliseconds(200);
/// Of the tasks that are blocked; when all wait for one lock, more of them tell nothing new.
constexpr std::size_t kMostTasks = 200;

struct Sample {
    std::uint64_t at_ns;
    std::vector<StackSample> tasks;
};

/// What the thread that looks and the watcher share: whoever is last frees it.
struct Shared {
    std::mutex lock;
    std::deque<Sample> samples;
    std::atomic<bool> watches = false;
    std::atomic<bool> abandoned = false;
    std::atomic<std::uint64_t> looks = 0;
};

/// Reading /proc can get stuck where the machine hangs, so it is done on a thread that can be given up.
void look_again_and_again(Shared& shared) {
    static_cast<void>(become_io_flusher());  // it must not wait in reclaim for those that it looks for
    while (!shared.abandoned) {
        if (shared.watches) {
            Sample sample{monotonic_ns(), {}};
            find_blocked_tasks("/proc", {.first = {}, .whole = true, .limit = kMostTasks},
                               [&](seen::BlockedTask task) { sample.tasks.push_back({std::move(task)}); });
            for (auto& one : sample.tasks) {
                one.disk = disk_of_open_queue_file("/proc", one.task.pid);
            }
            const std::scoped_lock guard(shared.lock);
            shared.samples.push_back(std::move(sample));
            ++shared.looks;
        }
        std::this_thread::sleep_for(kBetweenLooks);
    }
}

/// Only the stacks of blocked tasks, which every kernel shows to root: for kernels that let nothing be probed.
class ConsoleWatcher : public Watcher {
public:
    explicit ConsoleWatcher(std::vector<seen::Tier::Missing> missing) : shared_(std::make_shared<Shared>()) {
        tier_.used = to_string(TierChoice::console);
        tier_.attached = {"proc:stack"};
        tier_.missing = std::move(missing);
        tier_.scopes = std::vector<std::string>{};
        std::thread([shared = shared_] { look_again_and_again(*shared); }).detach();
    }
    ConsoleWatcher(const ConsoleWatcher&) = delete;
    ConsoleWatcher& operator=(const ConsoleWatcher&) = delete;
    ConsoleWatcher(ConsoleWatcher&&) = delete;
    ConsoleWatcher& operator=(ConsoleWatcher&&) = delete;
    ~ConsoleWatcher() override { shared_->abandoned = true; }

    [[nodiscard]] std::optional<seen::Tier> tier() const override { return tier_; }
    [[nodiscard]] std::vector<std::string> blind_spots() const override { return {}; }
    Status learn_names() override {
        utsname machine{};
        ::uname(&machine);
        HostReader reader;
        std::set<std::string> queues;
        for (const auto& swap : read_swap_queues(reader)) {
            queues.insert(swap.path.queues.begin(), swap.path.queues.end());
            queues.insert(swap.path.unfollowed.begin(), swap.path.unfollowed.end());
        }
        waits_.emplace(kernel_version(machine.release), queues.size() == 1 ? *queues.begin() : std::string{});
        return {};
    }
    void enable() override { shared_->watches = true; }
    void drain(const Sink& sink) override {
        std::deque<Sample> samples;
        {
            const std::unique_lock guard(shared_->lock, std::try_to_lock);
            if (guard) {
                samples.swap(shared_->samples);
            }
        }
        for (const auto& sample : samples) {
            waits_->observe(sample.at_ns, sample.tasks, sink);
        }
    }
    void drain_to_the_end(const Sink& sink, Deadline /*deadline*/) override { drain(sink); }
    void retell(const Sink& sink) override { waits_->retell(sink); }
    [[nodiscard]] seen::Counters counters() const override { return {monotonic_ns(), {}, {}, {}, 0}; }
    [[nodiscard]] std::uint64_t lost() const override { return 0; }
    void look_for_losses() override {}

private:
    std::shared_ptr<Shared> shared_;
    std::optional<StackWaits> waits_;
    seen::Tier tier_;
};

}  // namespace

Result<std::unique_ptr<Watcher>> attach_console_watcher(TierChoice /*tier*/, const Attempt& attempt) {
    if (const auto stack = read_file("/proc/self/stack"); !stack) {
        const auto why = fmt::format("no stacks are shown: {}", stack.error().message());
        attempt.missing.push_back({"tier console", why});
        return fail(Fault::unsupported, fmt::format("tier console: {}", why));
    }
    return std::unique_ptr<Watcher>(std::make_unique<ConsoleWatcher>(attempt.missing));
}

}  // namespace blkhang
