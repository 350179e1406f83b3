// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/ballast.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/uname.h"
#include "base/units.h"
#include "kernels/queue_use.h"
#include "machine/host_reader.h"
#include "machine/swap_queues.h"
#include "probe/attach.h"
#include "probe/blocked_tasks.h"
#include "probe/console/context_switches.h"
#include "probe/console/holders.h"
#include "probe/console/open_queue_file.h"
#include "probe/console/repeated_looks.h"
#include "probe/console/stack_waits.h"

namespace blkhang {
namespace {

/// From one look at all blocked tasks to the next: a look costs a system call or two for each task.
constexpr auto kBetweenLooks = std::chrono::milliseconds(200);
/// Of the tasks that are blocked; when all wait for one lock, more of them tell nothing new.
constexpr std::size_t kMostTasks = 200;
/// A look that has lasted for so long is short of memory: else it takes some hundredths of a second. That happens where
/// a machine merely thrashes, too: each further time it has to last twice as long, so that there is some left in a
/// hang.
constexpr std::uint64_t kStuckNs = kNsPerS;
constexpr std::size_t kLookBallasts = 6;
constexpr std::size_t kLookBallast = 1 << 20;

/// What /proc tells of them beside their stacks. Read after these: a task that has not run from one such number to the
/// next was asleep when the stack between was read.
void complete(std::vector<StackSample>& samples) {
    for (auto& one : samples) {
        one.disk = disk_of_open_queue_file("/proc", one.task.pid);
        one.switches = context_switches_of("/proc", one.task.pid);
    }
}

BlockedLook look_at_all(Holders& holders) {
    holders.begin_look();
    BlockedLook look;
    find_blocked_tasks("/proc", {.first = {}, .whole = true, .limit = kMostTasks}, [&](seen::BlockedTask task) {
        holders.note(task);
        look.tasks.push_back({std::move(task)});
    });
    complete(look.tasks);
    return look;
}

BlockedLook look_at(const Holders& holders) {
    auto pids = holders.pids();
    BlockedLook look{.only = pids};
    find_blocked_tasks("/proc", {.first = std::move(pids), .whole = false, .limit = 2 * Holders::kMost},
                       [&](seen::BlockedTask task) {
                           if (task.state == 'D') {
                               look.tasks.push_back({std::move(task)});
                           }
                       });
    complete(look.tasks);
    return look;
}

/// Only the stacks of blocked tasks, which every kernel shows to root: for kernels that let nothing be probed.
class ConsoleWatcher : public Watcher {
public:
    explicit ConsoleWatcher(std::vector<seen::Tier::Missing> missing) {
        tier_.used = to_string(TierChoice::console);
        tier_.attached = {"proc:stack"};
        tier_.missing = std::move(missing);
        tier_.scopes = std::vector<std::string>{};
    }

    [[nodiscard]] std::optional<seen::Tier> tier() const override { return tier_; }
    [[nodiscard]] std::vector<std::string> blind_spots() const override { return {}; }
    /// Takes what a look needs as well: by now the load was forked, which would keep the ballast in memory.
    Status learn_names() override {
        const Uname machine = uname_here();
        HostReader reader;
        std::set<std::string> queues;
        for (const auto& swap : read_swap_queues(reader)) {
            queues.insert(swap.path.queues.begin(), swap.path.queues.end());
            queues.insert(swap.path.unfollowed.begin(), swap.path.unfollowed.end());
        }
        const auto version = kernel_version(machine.release);
        waits_.emplace(version, surely_uses_queue(machine.release, machine.version),
                       queues.size() == 1 ? *queues.begin() : std::string{});
        ballasts_.reserve(kLookBallasts);
        while (ballasts_.size() < kLookBallasts) {
            auto ballast = Ballast::take(kLookBallast);
            if (!ballast) {
                return fail(ballast.error());
            }
            ballasts_.push_back(std::move(*ballast));
        }
        const auto holders = std::make_shared<Holders>(version);
        looks_.emplace([holders] { return look_at_all(*holders); }, kBetweenLooks);
        closer_looks_.emplace([holders] { return look_at(*holders); }, kBetweenLooks);
        return {};
    }
    void ask_load(const LimitOf& limit_of) override { limit_of_ = limit_of; }
    void enable() override {
        looks_->begin();
        closer_looks_->begin();
    }
    void drain(const Sink& sink) override {
        help_a_stuck_look(sink);
        // Those at all tasks first: who is forgotten as a holder then was told of as gone before.
        observe(looks_->take(), sink);
        observe(closer_looks_->take(), sink);
    }
    void drain_to_the_end(const Sink& sink, Deadline /*deadline*/) override { drain(sink); }
    void retell(const Sink& sink) override { waits_->retell(sink); }
    [[nodiscard]] seen::Counters counters() const override { return {monotonic_ns(), {}, {}, {}, 0}; }
    [[nodiscard]] std::uint64_t lost() const override { return 0; }
    void look_for_losses() override {}

private:
    void observe(std::deque<BlockedLook> looks, const Sink& sink) {
        for (auto& look : looks) {
            for (auto& sample : look.tasks) {
                sample.limit = limit_of_ ? limit_of_(sample.task.pid) : std::nullopt;
            }
            waits_->observe(look, sink);
        }
    }

    /// Who reclaims is blocked himself in a hang over memory, and whoever looks at him must not: without memory the
    /// look would never end.
    void help_a_stuck_look(const Sink& sink) {
        const auto stuck_ns = kStuckNs << (kLookBallasts - ballasts_.size());
        if (ballasts_.empty() || std::max(looks_->lasts_ns(), closer_looks_->lasts_ns()) < stuck_ns) {
            return;
        }
        ballasts_.pop_back();
        sink(seen::Note{monotonic_ns(),
                        fmt::format("a look at the blocked tasks lasted for {} s: memory that was kept for it was "
                                    "given back",
                                    stuck_ns / kNsPerS)});
    }

    LimitOf limit_of_;
    std::optional<RepeatedLooks> looks_;         ///< at all blocked tasks
    std::optional<RepeatedLooks> closer_looks_;  ///< at those of them that have something
    std::vector<Ballast> ballasts_;
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
