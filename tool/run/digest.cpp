// SPDX-License-Identifier: GPL-2.0-only
#include "run/digest.h"

#include <algorithm>

namespace blkhang {

bool Digest::note(const Observation& observation) {
    if (const auto* wait = std::get_if<seen::Wait>(&observation)) {
        if (is_reminder(*wait)) {
            return false;
        }
        open_.insert_or_assign({wait->pid, wait->kind}, OpenWait{*wait, false});
        return false;
    }
    if (const auto* wake = std::get_if<seen::Wake>(&observation)) {
        const auto open = open_.find({wake->pid, wake->kind});
        const bool sent = open != open_.end() && open->second.sent;
        if (open != open_.end()) {
            open_.erase(open);
        }
        return sent;
    }
    return true;
}

/// Of a wait for memory that is told again and again while it lasts. The first counts: it says since when.
bool Digest::is_reminder(const seen::Wait& wait) const {
    return wait.kind == WaitKind::memory && open_.contains({wait.pid, wait.kind});
}

std::vector<std::int32_t> Digest::holders_of_waits_longer_than(std::uint64_t ns, std::uint64_t now_ns) const {
    std::vector<std::int32_t> holders;
    for (const auto& [key, open] : open_) {
        const auto pid = open.wait.holder_pid;
        if (open.wait.at_ns + ns <= now_ns && pid > 0 && std::ranges::find(holders, pid) == holders.end()) {
            holders.push_back(pid);
        }
    }
    return holders;
}

std::vector<seen::Wait> Digest::open_of(const std::vector<std::int32_t>& pids) const {
    std::vector<seen::Wait> result;
    for (const auto& [key, open] : open_) {
        if (std::ranges::find(pids, open.wait.pid) != pids.end()) {
            result.push_back(open.wait);
        }
    }
    std::ranges::sort(result, {}, &seen::Wait::at_ns);
    return result;
}

std::vector<seen::Wait> Digest::lasting(std::uint64_t now_ns) {
    std::vector<seen::Wait> result;
    for (auto& [key, open] : open_) {
        if (!open.sent && (now_ns == UINT64_MAX || open.wait.at_ns + lasting_ns_ <= now_ns)) {
            open.sent = true;
            result.push_back(open.wait);
        }
    }
    std::ranges::sort(result, {}, &seen::Wait::at_ns);
    return result;
}

}  // namespace blkhang
