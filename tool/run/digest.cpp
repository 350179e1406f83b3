// SPDX-License-Identifier: GPL-2.0-only
#include "run/digest.h"

#include <algorithm>
#include <set>

#include "judge/dispatch.h"
#include "judge/wait_graph.h"

namespace blkhang {

bool Digest::note(const Observation& observation, bool is_finding) {
    bool leaves = true;  // as all do that are not kept back here
    dispatch_only<seen::Wake, seen::BlockedTask, seen::Counters>(observation,
                                                                 [&](const auto& one) { leaves = on(one); });
    dispatch_only<seen::Wait>(observation, [&](const auto& wait) { leaves = on(wait, is_finding); });
    return leaves;
}

bool Digest::on(const seen::Wait& wait, bool is_finding) {
    if (named_owner(wait) != 0 && (!latest_naming_ || wait.at_ns >= latest_naming_->wait.at_ns)) {
        latest_naming_ = Naming{wait, {}};
    }
    const auto key = key_of(wait.pid, wait.what.kind);
    const bool replaces = open_.begin(wait).has_value();
    const auto* open = wait.what.kind == WaitKind::memory ? open_.memory_wait_of(wait.pid) : open_.sleep_of(wait.pid);
    if (open == nullptr || open->wait.at_ns != wait.at_ns) {
        return false;  // old news
    }
    const auto told = told_.find(key);
    // One for the task's own mutex may be over in microseconds, and is a finding all the same.
    const bool now = is_finding || is_for_its_own(wait) || (replaces && told != told_.end()) || is_news_of_owner(wait);
    if (now) {
        tell(wait);
    }
    return now;
}

bool Digest::on(const seen::Wake& wake) {
    open_.end(wake);
    if (latest_naming_ && latest_naming_->wait.pid == wake.pid && wake.at_ns >= latest_naming_->wait.at_ns) {
        latest_naming_->end = wake;
    }
    if (wake.what.is_nothing()) {  // of what the task itself has frozen nothing is known here
        for (const bool memory : {false, true}) {
            const auto told = told_.find({wake.pid, memory});
            if (told != told_.end() && wake.at_ns >= told->second.wait.at_ns) {
                told_.erase(told);
            }
        }
        return true;
    }
    const auto told = told_.find(key_of(wake.pid, wake.what.kind));
    if (told == told_.end() || told->second.wait.what != wake.what || wake.at_ns < told->second.wait.at_ns) {
        return false;
    }
    told_.erase(told);
    return true;
}

/// Whoever is told of the look drops the wait, too.
bool Digest::on(const seen::BlockedTask& task) {
    if (open_.look(task) == OpenWaits::Look::contradicts) {
        told_.erase({task.pid, false});
    }
    return true;
}

bool Digest::on(const seen::Counters& counters) {
    if (counters.lost_events <= lost_events_) {
        return true;
    }
    open_.doubt(counters.lost_events - lost_events_);
    lost_events_ = counters.lost_events;
    for (auto& [key, told] : told_) {
        told.since_loss = false;
    }
    return true;
}

/// It names another owner of pcpu_alloc_mutex than was told, while one that was told to own it is told to sleep.
bool Digest::is_news_of_owner(const seen::Wait& wait) const {
    const auto named = named_owner(wait);
    return named != 0 && named != told_owner_ && wait.at_ns >= told_owner_ns_ && owner_is_told();
}

/// Somebody is told to own pcpu_alloc_mutex and to sleep.
bool Digest::owner_is_told() const {
    return std::ranges::any_of(told_, [](const auto& told) { return owns_percpu_mutex(told.second.wait); });
}

void Digest::tell(const seen::Wait& wait) {
    told_.insert_or_assign(key_of(wait.pid, wait.what.kind), Told{wait, true});
    if (const auto named = named_owner(wait); named != 0 && wait.at_ns >= told_owner_ns_) {
        told_owner_ = named;
        told_owner_ns_ = wait.at_ns;
    }
}

std::vector<std::int32_t> Digest::doubted() const {
    std::vector<std::int32_t> pids;
    open_.each([&](const OpenWait& open) {
        if (open.doubted && open.wait.what.kind != WaitKind::memory) {
            pids.push_back(open.wait.pid);
        }
    });
    return pids;
}

std::vector<std::int32_t> Digest::holders_of_waits_longer_than(std::uint64_t ns, std::uint64_t now_ns) const {
    std::vector<std::int32_t> holders;
    std::set<std::int32_t> known;
    open_.each([&](const OpenWait& open) {
        const auto pid = open.wait.holder_pid;
        if (open.wait.at_ns <= now_ns && now_ns - open.wait.at_ns >= ns && pid > 0 && known.insert(pid).second) {
            holders.push_back(pid);
        }
    });
    return holders;
}

std::vector<Observation> Digest::correction_of_owner() {
    if (!owner_is_told() || !latest_naming_ || latest_naming_->wait.at_ns <= told_owner_ns_ ||
        named_owner(latest_naming_->wait) == told_owner_) {
        return {};
    }
    const auto& [wait, end] = *latest_naming_;
    const auto* open = open_.sleep_of(wait.pid);
    if (!end && (open == nullptr || open->doubted || open->wait.at_ns != wait.at_ns)) {
        return {};  // how it ended was not seen
    }
    tell(wait);
    std::vector<Observation> correction{wait};
    if (end) {
        told_.erase(key_of(wait.pid, wait.what.kind));
        correction.emplace_back(*end);
    }
    return correction;
}

bool Digest::is_told(const OpenWait& open) const {
    const auto told = told_.find(key_of(open.wait.pid, open.wait.what.kind));
    return told != told_.end() && told->second.since_loss;
}

/// None that is in doubt: being told, it would not be so outside any longer.
std::vector<seen::Wait> Digest::tell_all(const std::function<bool(const OpenWait&)>& chosen) {
    std::vector<seen::Wait> result;
    open_.each([&](const OpenWait& open) {
        if (!open.doubted && chosen(open)) {
            result.push_back(open.wait);
        }
    });
    std::ranges::stable_sort(result, {}, &seen::Wait::at_ns);
    std::ranges::for_each(result, [this](const auto& wait) { tell(wait); });
    return result;
}

std::vector<seen::Wait> Digest::lasting(std::uint64_t now_ns) {
    return tell_all([&](const OpenWait& open) {
        return !is_told(open) &&
               (now_ns == UINT64_MAX || (open.wait.at_ns <= now_ns && now_ns - open.wait.at_ns >= lasting_ns_));
    });
}

std::vector<seen::Wait> Digest::waits_of(const std::vector<std::int32_t>& pids) {
    return tell_all([&](const OpenWait& open) { return std::ranges::find(pids, open.wait.pid) != pids.end(); });
}

}  // namespace blkhang
