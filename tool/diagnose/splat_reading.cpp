// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/splat_reading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/words.h"
#include "diagnose/stack_reading.h"
#include "kernels/locks.h"

namespace blkhang {
namespace {

constexpr std::string_view kReclaim = "fs_reclaim";
constexpr std::string_view kQueue = "q_usage_counter";
constexpr std::string_view kRecursive = "recursive locking";
constexpr std::string_view kReclaimState = "RECLAIM_FS";  // of headlines before 4.14

bool names(const std::vector<std::string>& locks, std::string_view part) {
    return std::ranges::any_of(locks, [&](const std::string& lock) { return lock.find(part) != std::string::npos; });
}

/// All locks, in the order of the chain, each once.
std::vector<std::string> locks_of(const LockdepSplat& splat) {
    std::vector<std::string> locks;
    for (auto link = splat.chain.rbegin(); link != splat.chain.rend(); ++link) {
        add_once(locks, link->name);
    }
    for (const LogHeldLock& held : splat.holds) {
        add_once(locks, held.name);
    }
    for (const std::string* lock : {&splat.holding, &splat.wants}) {
        if (!lock->empty()) {
            add_once(locks, *lock);
        }
    }
    return locks;
}

std::vector<std::string> functions_of(const LogStack& stack) {
    std::vector<std::string> functions;
    for (const LogFrame& frame : stack) {
        if (!frame.doubted) {
            functions.emplace_back(without_suffix(frame.function));
        }
    }
    return functions;
}

bool has_one_of(const std::vector<std::string>& functions, const std::vector<std::string_view>& wanted) {
    return std::ranges::any_of(functions, [&](const std::string& function) {
        return std::ranges::any_of(wanted, [&](std::string_view entry) { return fits(function, entry); });
    });
}

bool begins_with_one_of(const std::vector<std::string>& functions, std::initializer_list<std::string_view> beginnings) {
    return std::ranges::any_of(functions, [&](const std::string& function) {
        return std::ranges::any_of(beginnings, [&](std::string_view each) { return function.starts_with(each); });
    });
}

/// The member one of whose functions stands above an allocation in one of the stacks.
const MemberKnowledge* member_in(const LockdepSplat& splat, bool old_style) {
    std::vector<std::vector<std::string>> stacks{functions_of(splat.stack)};
    for (const LockdepSplat::Link& link : splat.chain) {
        stacks.push_back(functions_of(link.stack));
    }
    for (const MemberKnowledge& member : members()) {
        const bool is_of_2011 = member.name == "kvm-2011";
        if (is_of_2011 != old_style) {
            continue;
        }
        for (const auto& stack : stacks) {
            if (has_one_of(stack, member.functions) && begins_with_one_of(stack, {"pcpu_alloc", "__alloc_percpu"})) {
                return &member;
            }
        }
    }
    return nullptr;
}

/// Of locks that are held, and not of the order in which they are taken.
bool is_about_something_else(std::string_view headline) {
    constexpr std::array<std::string_view, 4> kNoOrder{"suspicious RCU usage", "bad unlock balance", "held lock freed",
                                                       "lock held when returning"};
    return std::ranges::any_of(kNoOrder, [&](std::string_view each) { return headline.find(each) != headline.npos; });
}

}  // namespace

SplatReading read_splat(const LockdepSplat& splat) {
    const auto locks = locks_of(splat);
    const bool percpu = names(locks, kPercpuMutex);
    const bool queue = names(locks, kQueue);
    const bool old_reclaim = splat.headline.find(kReclaimState) != std::string::npos ||
                             splat.headline.find("inconsistent lock state") != std::string::npos;
    const bool reclaim = names(locks, kReclaim);
    SplatReading reading;
    if (is_about_something_else(splat.headline)) {
        reading.what = fmt::format("lockdep warned of {}: that is no order of locks", splat.headline);
        return reading;
    }
    reading.what = fmt::format(
        "lockdep warned of {} ({}): it claims an order of locks in which tasks can deadlock, and "
        "says of none that it has",
        splat.headline.empty() ? "a lock order" : splat.headline,
        locks.empty() ? "its locks cannot be read" : fmt::format("{}", fmt::join(locks, ", ")));
    if (queue) {
        reading.disks =
            "lockdep has one class for the queues of all disks: the queues of the chain may be those of "
            "different disks, and then there is no deadlock in it";
    }
    const bool is_about_order = splat.headline.find("locking") != std::string::npos;
    const bool recursive = splat.headline.find(kRecursive) != std::string::npos;
    const bool holds_it =
        splat.holding == kPercpuMutex ||
        std::ranges::any_of(splat.holds, [](const LogHeldLock& held) { return held.name == kPercpuMutex; });
    if (recursive && splat.wants == kPercpuMutex && holds_it) {
        reading.claim = SplatReading::Claim::self_deadlock;
        reading.member = member_in(splat, true);
        reading.what =
            "lockdep saw a task take pcpu_alloc_mutex while it had it: there is only one, so it waits for "
            "itself for ever";
        return reading;
    }
    // Without a queue it is about one mutex and one reclaim: who allocates inside reclaim, as they did in 2011?
    if (percpu && (old_reclaim || reclaim) && !queue) {
        reading.member = member_in(splat, true);
        reading.claim = reading.member != nullptr ? SplatReading::Claim::member : SplatReading::Claim::family;
        return reading;
    }
    if (percpu && queue) {
        reading.member = member_in(splat, false);
        reading.claim =
            reading.member != nullptr && reclaim ? SplatReading::Claim::member : SplatReading::Claim::family;
    } else if ((queue && reclaim) || (percpu && locks.size() == 1 && is_about_order)) {
        reading.claim = SplatReading::Claim::family;  // of the last the rest of the chain is not in the log
    }
    return reading;
}

}  // namespace blkhang
