// SPDX-License-Identifier: GPL-2.0-only
#include "watch/hold_policy.h"

#include <algorithm>

#include "base/units.h"

namespace blkhang {
namespace {

/// A watch that has not moved for so long is stopped or stuck. Under memory pressure it may stand for seconds.
constexpr std::uint64_t kStillNs = 10 * kNsPerS;
/// The same while the watchdog runs, which has to be less than what that takes to bite.
constexpr std::uint64_t kStillWhileRunningNs = 4 * kNsPerS;
/// A reset is wanted by somebody who is alive right now.
constexpr std::uint64_t kFreshNs = 2 * kNsPerS;
/// The clocks are read one after the other.
constexpr std::uint64_t kSuspendedNs = 500 * kNsPerMs;

}  // namespace

HoldPolicy::Step HoldPolicy::step(const HolderView& view) {
    if (given_back_) {
        return {};
    }
    const auto stood_ns = view.now_ns - std::min(view.now_ns, latest_.now_ns);
    const auto suspended_ns = view.suspended_ns - std::min(view.suspended_ns, latest_.suspended_ns);
    if (view.watcher_beats != latest_.watcher_beats) {
        watcher_moved_ns_ = view.now_ns;
    }
    if (view.starter_beats != latest_.starter_beats) {
        starter_moved_ns_ = view.now_ns;
    }
    latest_ = view;
    const auto give_back = [&](Reason reason, std::uint64_t ns = 0) {
        running_ = false;
        given_back_ = true;
        return Step{Act::give_back, reason, std::chrono::nanoseconds(ns)};
    };
    const auto limit_ns = running_ ? kStillWhileRunningNs : kStillNs;
    const auto watcher_still_ns = view.watcher_beats == 0 ? 0 : view.now_ns - watcher_moved_ns_;
    const auto starter_still_ns = view.starter_beats == 0 ? 0 : view.now_ns - starter_moved_ns_;
    if (view.told_to_end) {
        return give_back(Reason::told_to_end);
    }
    if (view.starter_gone) {
        return give_back(Reason::starter_gone);
    }
    if (suspended_ns >= kSuspendedNs) {
        return give_back(Reason::suspended, suspended_ns);
    }
    if (stood_ns >= limit_ns) {
        return give_back(Reason::holder_stood_still, stood_ns);
    }
    if (watcher_still_ns >= limit_ns) {
        return give_back(Reason::watcher_stands_still, watcher_still_ns);
    }
    if (starter_still_ns >= limit_ns) {
        return give_back(Reason::starter_stands_still, starter_still_ns);
    }
    const bool alive = view.watcher_beats != 0 && view.starter_beats != 0 && watcher_still_ns < kFreshNs &&
                       starter_still_ns < kFreshNs;
    if (view.reset_wanted && !running_ && alive) {
        running_ = true;
        return {Act::start, Reason::reset_wanted};
    }
    if (!view.reset_wanted && running_) {
        running_ = false;
        return {Act::stop, Reason::no_longer_wanted};
    }
    return {};
}

}  // namespace blkhang
