// SPDX-License-Identifier: GPL-2.0-only
#include "judge/open_waits.h"

#include <algorithm>

#include "base/limits.h"
#include "judge/stack_tells.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kLooksForProof = 2;

bool is_same(const seen::Wait& one, const seen::Wait& other) {
    return one.at_ns == other.at_ns && one.what == other.what;
}

/// By the look just taken, and those before. That a wait ended and the next one began are two events: a single lost one
/// cannot hide both. After more, the looks have to show by themselves what the task waits for and what it holds.
bool is_borne_out(const OpenWait& open) {
    return open.agreed >= kLooksForProof && (open.lost <= 1 || open.roles >= kLooksForProof);
}

}  // namespace

std::optional<seen::Wait> OpenWaits::begin(const seen::Wait& wait) {
    if (ends_.is_over(wait)) {
        return std::nullopt;
    }
    auto& open = of_kind(wait.what.kind);
    if (size() >= limits::kOpenWaits && !open.contains(wait.pid)) {
        ++left_out_;
        return std::nullopt;
    }
    const auto [found, added] = open.try_emplace(wait.pid, OpenWait{wait});
    if (added) {
        return std::nullopt;
    }
    OpenWait& known = found->second;
    if (wait.at_ns < known.wait.at_ns) {
        return std::nullopt;  // old news: a proof may overtake what was told before it
    }
    if (is_same(known.wait, wait)) {
        auto stack = std::move(known.wait.stack);
        known = OpenWait{wait};
        if (known.wait.stack.empty()) {  // told again it may come without
            known.wait.stack = std::move(stack);
        }
        return std::nullopt;
    }
    // A wait for memory is told again and again while it lasts; the first says since when, unless its end may be lost.
    if (wait.what.kind == WaitKind::memory && !known.doubted) {
        return std::nullopt;
    }
    auto former = std::move(known.wait);
    known = OpenWait{wait};
    return former;
}

/// Not a later wait of the same task, nor one of the task that has its pid since.
bool OpenWaits::end(const seen::Wake& wake) {
    const bool exits = wake.what.is_nothing();
    bool any = false;
    for (auto* open : {&sleeps_, &memory_}) {
        if (!exits && open != &of_kind(wake.what.kind)) {
            continue;
        }
        ends_.note(wake.pid, open == &memory_, wake.at_ns);
        const auto found = open->find(wake.pid);
        const bool is_its = found != open->end() && (exits || found->second.wait.what == wake.what);
        if (!is_its || wake.at_ns < found->second.wait.at_ns) {
            continue;
        }
        open->erase(found);
        any = true;
    }
    return any;
}

void OpenWaits::doubt(std::uint64_t lost) {
    for (auto* open : {&sleeps_, &memory_}) {
        for (auto& [pid, one] : *open) {
            one.doubted = true;
            one.lost += lost;
            one.roles = 0;
        }
    }
}

OpenWaits::Look OpenWaits::look(const seen::BlockedTask& task) {
    const auto found = sleeps_.find(task.pid);
    if (found == sleeps_.end()) {
        return Look::nothing;
    }
    OpenWait& open = found->second;
    if (task.at_ns && *task.at_ns < open.wait.at_ns) {
        return Look::nothing;  // handed on late: it was taken before the task came here
    }
    switch (shows_wait(task, open.wait)) {
        case WaitShown::nothing:
            return Look::nothing;
        case WaitShown::another_place:
            sleeps_.erase(found);
            return Look::contradicts;
        case WaitShown::the_wait:
            break;
    }
    open.roles += shows_role(task, open.wait) ? 1 : 0;
    open.agreed += 1;
    if (open.doubted && is_borne_out(open)) {
        open = OpenWait{std::move(open.wait)};  // as well known as if it had been told again
    }
    return Look::agrees;
}

void OpenWaits::Ends::note(std::int32_t pid, bool memory, std::uint64_t at_ns) {
    constexpr std::size_t kMost = 1024;
    const Key key{pid, memory};
    const auto [found, added] = latest_.try_emplace(key, at_ns);
    found->second = std::max(found->second, at_ns);
    if (added) {
        order_.push_back(key);
        if (order_.size() > kMost) {
            latest_.erase(order_.front());
            order_.pop_front();
        }
    }
}

bool OpenWaits::Ends::is_over(const seen::Wait& wait) const {
    const auto found = latest_.find({wait.pid, wait.what.kind == WaitKind::memory});
    return found != latest_.end() && wait.at_ns < found->second;
}

const OpenWait* OpenWaits::sleep_of(std::int32_t pid) const {
    const auto found = sleeps_.find(pid);
    return found == sleeps_.end() ? nullptr : &found->second;
}

const OpenWait* OpenWaits::memory_wait_of(std::int32_t pid) const {
    const auto found = memory_.find(pid);
    return found == memory_.end() ? nullptr : &found->second;
}

void OpenWaits::each(const std::function<void(const OpenWait&)>& sink) const {
    auto sleep = sleeps_.begin();
    auto memory = memory_.begin();
    while (sleep != sleeps_.end() || memory != memory_.end()) {
        if (memory == memory_.end() || (sleep != sleeps_.end() && sleep->first <= memory->first)) {
            sink((sleep++)->second);
        } else {
            sink((memory++)->second);
        }
    }
}

}  // namespace blkhang
