// SPDX-License-Identifier: GPL-2.0-only
#include "watch/heal_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>

#include "base/units.h"
#include "base/words.h"
#include "judge/dispatch.h"
#include "kernels/functions.h"
#include "kernels/release.h"
#include "watch/fresh_look.h"

namespace blkhang {
namespace {

/// For how long a cycle has to stand, and from one kill to the next.
constexpr std::uint64_t kStandsNs = 500 * kNsPerMs;
constexpr std::uint64_t kBetweenKillsNs = 1000 * kNsPerMs;
/// Who waits anew for so long has not just passed by.
constexpr std::uint64_t kWaitsAnewNs = 200 * kNsPerMs;
/// How long the look may take before healing is given up.
constexpr std::uint64_t kLookNs = 5'000 * kNsPerMs;
constexpr int kMostKills = 3;
constexpr int kMostKillsOfOne = 2;

/// pcpu_alloc() waits for the mutex killably since 71546d100422 (4.17), unless it must not fail.
constexpr Releases kWithKillableAlloc{.since = "4.17"};

bool has_function_that(const Stack& stack, const auto& fits) {
    return std::ranges::any_of(stack, [&](const std::string& frame) { return fits(function_of(frame)); });
}

bool has_one_of(const Stack& stack, const FunctionNames& names) {
    return has_function_that(stack, [&](std::string_view function) {
        return !function.empty() && std::ranges::find(names, function) != names.end();
    });
}

std::string named_in_words(const Person& person) {
    const auto thread = task_name(person.comm, person.pid);
    return person.process == person.pid
               ? thread
               : fmt::format("{} of {}", thread, task_name(person.process_comm, person.process));
}

/// The kernel cuts names there (TASK_COMM_LEN).
constexpr std::size_t kLongestName = 15;

bool fits(const std::string& glob, const std::string& name) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; }

/// Would it fit whatever name was cut to this one? So it is if a first part of it fits what is left.
bool fits_uncut(const std::string& glob, const std::string& name) {
    if (fits(glob, name)) {
        return true;
    }
    if (glob.size() <= kLongestName || name.size() < kLongestName) {
        return false;
    }
    for (std::size_t size = 1; size < glob.size(); ++size) {
        if (fits(glob.substr(0, size), name)) {
            return true;
        }
    }
    return false;
}

std::string milliseconds(std::uint64_t ns) { return fmt::format("{} ms", ns / kNsPerMs); }

}  // namespace

const std::vector<SparedRow>& spared_rows() {
    static const std::vector<SparedRow> rows{
#define SPARED(glob, what) {glob, what},
#include "watch/spared.def"
    };
    return rows;
}

std::optional<std::string> Spared::why(const Person& person) const {
    if (!person.found) {
        return "what it is could not be read";
    }
    if (person.kernel_thread) {
        return "a kernel thread, which ignores signals";
    }
    if (person.process <= 1) {
        return "init";
    }
    if (person.is_container) {
        return "init of a container, which would end with it";
    }
    if (person.ours) {
        return "blkhang itself, or who started it";
    }
    if (person.has_kvm) {
        return "has a virtual machine open";
    }
    const auto is_called = [&](std::string_view glob) {
        const std::string pattern(glob);
        return fits_uncut(pattern, person.comm) || fits_uncut(pattern, person.process_comm);
    };
    for (const auto& row : spared_rows()) {
        if (is_called(row.glob)) {
            return std::string(row.what);
        }
    }
    for (const auto& glob : globs_) {
        if (is_called(glob)) {
            return fmt::format("--spare {}", glob);
        }
    }
    return std::nullopt;
}

bool is_killable(const DeadlockTask& task, const Stack& look, std::string_view release) {
    using namespace functions;
    if (task.waits_for.kind == WaitKind::kswapd) {
        return true;  // throttle_direct_reclaim() lets go who is killed; those who may not enter filesystems give up
    }
    if (!task.waits_for.is_percpu_mutex()) {
        return false;
    }
    const auto says_so = [](std::string_view function) {
        return function.find("mutex_lock_killable") != std::string_view::npos;
    };
    if (has_function_that(task.stack, says_so) || has_function_that(look, says_so)) {
        return true;
    }
    const auto version = kernel_version(release);
    const bool allocates = has_one_of(task.stack, kPercpuAlloc) || has_one_of(look, kPercpuAlloc);
    const bool balances = has_one_of(task.stack, kPercpuBalance) || has_one_of(look, kPercpuBalance);
    return version && kWithKillableAlloc.contain(*version) && allocates && !balances;
}

HealPolicy::HealPolicy(const Deadlock& deadlock, const std::vector<Person>& people, const Spared& spared,
                       std::string_view release, std::uint64_t lost_events, std::uint64_t proven_ns)
    : release_(release), proven_ns_(proven_ns), latest_ns_(proven_ns) {
    for (const auto& task : deadlock.tasks) {
        const auto found = std::ranges::find(people, task.pid, &Person::pid);
        Member member{task, found == people.end() ? Person{.pid = task.pid, .comm = task.comm} : *found, {}, false};
        member.spared = spared.why(member.person).value_or("");
        if (member.spared.empty() && member.person.comm != task.comm) {
            member.spared = fmt::format("it was called {} when it began to wait, and may be another", task.comm);
        }
        member.freezes =
            std::ranges::any_of(task.holds, [](const Awaited& held) { return held.kind == WaitKind::queue; });
        members_.push_back(std::move(member));
    }
    std::stable_partition(members_.begin(), members_.end(), [](const Member& member) { return member.freezes; });
    if (deadlock.kind == Deadlock::Kind::livelock) {
        refuse("it goes over a wait for memory, which may end by itself");
    } else if (lost_events > 0) {
        refuse(fmt::format("events were lost: {}", lost_events));
    } else if (std::ranges::none_of(members_, [](const Member& member) { return member.spared.empty(); })) {
        std::vector<std::string> why;
        for (const auto& member : members_) {
            why.push_back(fmt::format("{}: {}", named_in_words(member.person), member.spared));
        }
        refuse(fmt::format("none of its tasks is ever killed ({})", fmt::join(why, "; ")));
    }
}

void HealPolicy::refuse(std::string why) {
    refusal_ = std::move(why);
    over_ = true;
}

void HealPolicy::give_up(const std::string& why) {
    if (kills_ == 0 && !over_) {
        refuse(why);
    } else if (refusal_.empty()) {
        refusal_ = why;  // what comes of the latest kill is still waited for
    }
}

void HealPolicy::observe(const Observation& observation) {
    dispatch_only<seen::Wake, seen::Wait, seen::BlockedTask>(observation, [this](const auto& one) { on(one); });
}

void HealPolicy::on(const seen::Wake& wake) {
    for (auto& member : members_) {
        const bool is_its = wake.what.is_nothing() || wake.what == member.task.waits_for;
        if (member.person.pid == wake.pid && is_its && member.ended_ns == 0) {
            member.ended_ns = wake.at_ns;
        }
        if (member.person.pid == wake.pid) {
            member.again_ns = 0;
        }
    }
}

void HealPolicy::on(const seen::Wait& wait) {
    for (auto& member : members_) {
        if (member.person.pid != wait.pid) {
            continue;
        }
        if (member.ended_ns != 0) {
            member.again_ns = wait.at_ns;
        } else if (kills_ == 0 && wait.at_ns > proven_ns_) {  // told again, it would have its first time
            give_up(fmt::format("{} began another wait", named_in_words(member.person)));
        }
    }
}

void HealPolicy::on(const seen::BlockedTask& task) {
    for (auto& member : members_) {
        if (member.person.pid != task.pid || task.at_ns.value_or(0) < proven_ns_ + kStandsNs) {
            continue;
        }
        member.seen_waiting = is_found_waiting(member.task, task);
        if (!member.seen_waiting) {
            refuse(fmt::format("a look did not find {} in its wait", named_in_words(member.person)));
        } else if (member.spared.empty() && !is_killable(member.task, task.stack, release_)) {
            member.spared =
                fmt::format("its wait for {} cannot be ended by a signal", to_string(member.task.waits_for));
        }
    }
}

bool HealPolicy::ended() const {
    return std::ranges::all_of(members_, [](const Member& member) { return member.ended_ns != 0; });
}

std::vector<std::int32_t> HealPolicy::to_look_at(std::uint64_t now_ns) const {
    std::vector<std::int32_t> pids;
    if (over_ || kills_ > 0 || now_ns < proven_ns_ + kStandsNs) {
        return pids;
    }
    for (const auto& member : members_) {
        if (!member.seen_waiting) {
            pids.push_back(member.person.pid);
        }
    }
    return pids;
}

/// Who freezes a queue first, and again if it has come to wait once more; then the others in their order.
HealPolicy::Member* HealPolicy::next(std::uint64_t now_ns) {
    for (auto& member : members_) {
        if (!member.spared.empty()) {
            continue;
        }
        const bool waits = member.ended_ns == 0;
        const bool waits_anew = member.again_ns != 0 && now_ns >= member.again_ns + kWaitsAnewNs;
        if ((member.kills == 0 && (waits || waits_anew)) ||
            (member.kills > 0 && member.kills < kMostKillsOfOne && waits_anew)) {
            return &member;
        }
    }
    return nullptr;
}

std::optional<Person> HealPolicy::step(std::uint64_t now_ns) {
    latest_ns_ = std::max(latest_ns_, now_ns);
    if (over_) {
        return std::nullopt;
    }
    if (kills_ == 0 && std::ranges::any_of(members_, [](const Member& member) { return member.ended_ns != 0; })) {
        refuse("a wait of the cycle had ended before anybody was killed");
        return std::nullopt;
    }
    if (ended()) {
        ended_ns_ = std::ranges::max(members_, {}, &Member::ended_ns).ended_ns;
        over_ = true;
        return std::nullopt;
    }
    if (now_ns < proven_ns_ + kStandsNs || (latest_kill_ns_ != 0 && now_ns < latest_kill_ns_ + kBetweenKillsNs)) {
        return std::nullopt;
    }
    if (kills_ == 0 && std::ranges::any_of(members_, [](const Member& member) { return !member.seen_waiting; })) {
        if (now_ns >= proven_ns_ + kStandsNs + kLookNs) {
            refuse("its tasks could not be looked at once more");
        }
        return std::nullopt;
    }
    Member* victim = kills_ < kMostKills && refusal_.empty() ? next(now_ns) : nullptr;
    if (victim == nullptr) {
        if (kills_ == 0) {
            refuse(fmt::format("nobody of it can be killed ({})", plan()));
        }
        over_ = true;
        return std::nullopt;
    }
    ++victim->kills;
    ++kills_;
    first_kill_ns_ = first_kill_ns_ == 0 ? now_ns : first_kill_ns_;
    latest_kill_ns_ = now_ns;
    told_.push_back(fmt::format("SIGKILL to {}, which {}", named_in_words(victim->person),
                                role(victim->task.holds, victim->task.waits_for)));
    return victim->person;
}

void HealPolicy::not_killed(const Person& person, const std::string& why) {
    for (auto& member : members_) {
        if (member.person.pid == person.pid) {
            member.spared = why;
        }
    }
    --kills_;
    latest_kill_ns_ = 0;
    told_.back() += fmt::format(" (not sent: {})", why);
}

std::string HealPolicy::plan() const {
    std::vector<std::string> whom;
    std::vector<std::string> not_whom;
    for (const auto& member : members_) {
        if (member.spared.empty()) {
            whom.push_back(named_in_words(member.person));
        } else {
            not_whom.push_back(fmt::format("{}: {}", named_in_words(member.person), member.spared));
        }
    }
    auto spares = not_whom.empty() ? "" : fmt::format("never {}", fmt::join(not_whom, "; "));
    if (whom.empty()) {
        return spares;
    }
    return fmt::format("SIGKILL to {}{}{}", fmt::join(whom, ", then "), spares.empty() ? "" : "; ", spares);
}

seen::Recovery HealPolicy::outcome() const {
    if (kills_ == 0) {
        return {latest_ns_, false,
                fmt::format("nobody was killed: {}",
                            refusal_.empty() ? fmt::format("{}", fmt::join(told_, "; then ")) : refusal_)};
    }
    const auto done = fmt::format("{}", fmt::join(told_, "; then "));
    if (ended_ns_ != 0) {
        const auto after = ended_ns_ - std::min(ended_ns_, first_kill_ns_);
        return {latest_ns_, ended_ns_ >= first_kill_ns_,
                fmt::format("{}: the cycle ended {} after the first", done, milliseconds(after))};
    }
    if (!refusal_.empty()) {
        return {latest_ns_, false, fmt::format("{}; then no more was done: {}", done, refusal_)};
    }
    return {latest_ns_, false,
            fmt::format("{}: the cycle still stands after {}; reboot needed", done,
                        milliseconds(latest_ns_ - first_kill_ns_))};
}

}  // namespace blkhang
