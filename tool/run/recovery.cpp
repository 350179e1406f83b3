// SPDX-License-Identifier: GPL-2.0-only
#include "run/recovery.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/units.h"
#include "base/words.h"
#include "judge/dispatch.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kControlNs = 500 * kNsPerMs;
/// What ends sooner is passing contention.
constexpr std::uint64_t kLastingNs = 200 * kNsPerMs;
constexpr std::uint64_t kWatchNs = 5'000 * kNsPerMs;

/// By where its stack begins, or by its name where the stack was not taken.
bool is_kernel_thread(const DeadlockTask& task) {
    if (!task.stack.empty()) {
        const auto outermost = function_of(task.stack.back());
        return outermost.starts_with("ret_from_fork") || outermost == "kthread";
    }
    return task.comm.starts_with("kswapd") || task.comm.starts_with("kworker/");
}

/// mutex_lock_killable, or its slow path by any of its names.
bool waits_killably(const DeadlockTask& task) {
    return std::ranges::any_of(task.stack, [](const std::string& frame) {
        return function_of(frame).find("mutex_lock_killable") != std::string_view::npos;
    });
}

std::string in_ms(std::uint64_t ns) { return fmt::format("{} ms", ns / kNsPerMs); }

}  // namespace

Recovery::Recovery(const Deadlock& deadlock, const std::function<bool(std::int32_t)>& may_be_killed,
                   std::uint64_t now_ns, const LoadProgress& load)
    : began_ns_(now_ns), latest_ns_(now_ns), at_proof_(load), at_kill_(load) {
    for (const auto& task : deadlock.tasks) {
        const bool killably = waits_killably(task);
        members_.push_back({task.pid, task_name(task.comm, task.pid),
                            fmt::format("waited {}for {}", killably ? "killably " : "", to_string(task.waits_for)),
                            killably || task.waits_for.is_percpu_mutex(),
                            !is_kernel_thread(task) && may_be_killed(task.pid)});
    }
    std::stable_partition(members_.begin(), members_.end(), [](const Member& member) { return member.waits_killably; });
    for (std::size_t i = members_.size(); i-- > 0;) {
        if (members_[i].is_target) {
            to_kill_.push_back(i);
        }
    }
    look_ns_ = kWatchNs / (to_kill_.size() + 1);
    over_ = to_kill_.empty();
}

void Recovery::observe(const Observation& observation) {
    dispatch_only<seen::Wait, seen::Wake>(observation, [this](const auto& one) { on(one); });
}

/// Whatever wake of a task of the cycle comes first, it is from its wait in the cycle: until that ends it sleeps.
void Recovery::on(const seen::Wake& wake) {
    for (auto& member : members_) {
        if (member.pid == wake.pid) {
            member.ended_ns = member.ended_ns != 0 ? member.ended_ns : wake.at_ns;
            member.again = {};
        }
    }
}

void Recovery::on(const seen::Wait& wait) {
    for (auto& member : members_) {
        if (member.pid == wait.pid) {
            member.again = wait.what;
            member.again_ns = wait.at_ns;
        }
    }
}

std::optional<std::int32_t> Recovery::step(std::uint64_t now_ns, const LoadProgress& load) {
    latest_ns_ = now_ns;
    if (over_) {
        return std::nullopt;
    }
    if (first_kill_ns_ == 0) {
        over_ = any_ended();
        if (over_ || now_ns < began_ns_ + kControlNs) {
            return std::nullopt;
        }
        first_kill_ns_ = now_ns;
        note_standstill(load);
    }
    for (std::size_t i = 0; i < load.size(); ++i) {
        load_moved_ |= stood_still_.at(i) && load.at(i) > at_kill_.at(i);
    }
    over_ = (all_ended() && load_moved_) || now_ns >= first_kill_ns_ + kWatchNs;
    if (over_ || to_kill_.empty() || (latest_kill_ns_ != 0 && now_ns < latest_kill_ns_ + look_ns_)) {
        return std::nullopt;
    }
    Member* next = next_to_kill();
    if (next == nullptr) {
        return std::nullopt;
    }
    if (waits_again(*next)) {
        next->waits = "by then waited for " + to_string(next->again);
    }
    next->killed_ns = now_ns;
    latest_kill_ns_ = now_ns;
    return next->pid;
}

/// Takes it off the list. Whose wait has ended is passed over, unless it waits again: for the mutex, it is the one to
/// kill.
Recovery::Member* Recovery::next_to_kill() {
    std::erase_if(to_kill_, [this](std::size_t i) { return members_[i].ended_ns != 0 && !waits_again(members_[i]); });
    if (to_kill_.empty()) {
        return nullptr;
    }
    auto chosen = std::ranges::find_if(
        to_kill_, [this](std::size_t i) { return waits_again(members_[i]) && members_[i].again.is_percpu_mutex(); });
    chosen = chosen != to_kill_.end() ? chosen : std::prev(to_kill_.end());
    Member* next = &members_[*chosen];
    to_kill_.erase(chosen);
    return next;
}

/// What the hang did not stop says nothing about its end; if it stopped nothing, all of it must do.
void Recovery::note_standstill(const LoadProgress& load) {
    at_kill_ = load;
    for (std::size_t i = 0; i < load.size(); ++i) {
        stood_still_.at(i) = load.at(i) == at_proof_.at(i);
    }
    if (std::ranges::none_of(stood_still_, std::identity{})) {
        stood_still_.fill(true);
    }
}

bool Recovery::any_ended() const {
    return std::ranges::any_of(members_, [](const Member& member) { return member.ended_ns != 0; });
}

bool Recovery::all_ended() const {
    return std::ranges::all_of(members_, [](const Member& member) { return member.ended_ns != 0; });
}

/// For long enough to be more than passing contention.
bool Recovery::waits_again(const Member& member) const {
    return !member.again.is_nothing() && latest_ns_ >= member.again_ns + kLastingNs;
}

std::vector<std::string> Recovery::names_of(const std::function<bool(const Member&)>& chosen) const {
    std::vector<std::string> names;
    for (const auto& member : members_) {
        if (chosen(member)) {
            names.push_back(member.name);
        }
    }
    return names;
}

/// Each kill, and what came of it; of the last one waits() tells that.
std::string Recovery::kills() const {
    std::vector<const Member*> killed;
    for (const auto& member : members_) {
        if (member.killed_ns != 0) {
            killed.push_back(&member);
        }
    }
    std::ranges::sort(killed, {}, &Member::killed_ns);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < killed.size(); ++i) {
        auto& part = parts.emplace_back(fmt::format("SIGKILL to {}, which {},", killed[i]->name, killed[i]->waits));
        if (i + 1 < killed.size()) {
            const std::uint64_t from = killed[i]->killed_ns;
            const std::uint64_t until = killed[i + 1]->killed_ns;
            const auto ended =
                names_of([&](const Member& member) { return member.ended_ns >= from && member.ended_ns < until; });
            part += ended.empty() ? fmt::format(" changed nothing in {}", in_ms(until - from))
                                  : fmt::format(" ended the wait of {}", fmt::join(ended, ", "));
        }
    }
    return fmt::format("{}", fmt::join(parts, "; then "));
}

/// What came of the last kill.
std::string Recovery::waits() const {
    const auto last_end = std::ranges::max(members_, {}, &Member::ended_ns).ended_ns;
    if (all_ended()) {
        return last_end < latest_kill_ns_ ? " came when the cycle had ended"
                                          : fmt::format(" ended the cycle after {}", in_ms(last_end - latest_kill_ns_));
    }
    if (!any_ended()) {
        return fmt::format(" ended no wait of the cycle within {}", in_ms(latest_ns_ - first_kill_ns_));
    }
    const auto ended = names_of([this](const Member& member) { return member.ended_ns >= latest_kill_ns_; });
    const auto waiting = names_of([](const Member& member) { return member.ended_ns == 0; });
    const std::string standing =
        fmt::format("{} within {}", fmt::join(waiting, ", "), in_ms(latest_ns_ - latest_kill_ns_));
    return ended.empty() ? fmt::format(" did not end the wait of {}", standing)
                         : fmt::format(" ended the wait of {}, but not that of {}", fmt::join(ended, ", "), standing);
}

/// How the machine was left.
std::string Recovery::aftermath(bool recovered) const {
    if (recovered) {
        return "; the load went on";
    }
    if (load_moved_) {
        return "; the load went on all the same";
    }
    if (!any_ended()) {
        return "; nothing moved; reboot needed";
    }
    std::string text =
        fmt::format("; the load had not moved {} after the first kill", in_ms(latest_ns_ - first_kill_ns_));
    for (const auto& member : members_) {
        if (waits_again(member)) {
            text += fmt::format("; pid {} has waited for {} again, for {}", member.pid, to_string(member.again),
                                in_ms(latest_ns_ - member.again_ns));
        }
    }
    return text;
}

seen::Recovery Recovery::outcome() const {
    // A wake may have been on its way when the first kill was decided on: that kill gets no credit for it.
    const auto ended_by_kill = [this](const Member& member) { return member.ended_ns >= first_kill_ns_; };
    const bool recovered =
        first_kill_ns_ != 0 && all_ended() && load_moved_ && std::ranges::all_of(members_, ended_by_kill);
    if (first_kill_ns_ == 0) {
        return {latest_ns_, recovered,
                any_ended() ? "nobody was killed, because a wait of the cycle had ended before"
                            : "nobody was killed, because no task of the cycle can be: kernel threads ignore signals"};
    }
    return {latest_ns_, recovered, fmt::format("{}{}{}", kills(), waits(), aftermath(recovered))};
}

}  // namespace blkhang
