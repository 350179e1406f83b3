// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "watch/giving_up.h"
#include "watch/watchdog_holder.h"

namespace blkhang {

/// A run's host is given up for a hang that stands, as a watched one is (tool/watch/HEALING.md): its watchdog resets
/// it. In the process that the load is a child of. The holder has to outlive this.
class ResetForHang final : public StandingHang {
public:
    ResetForHang(WatchdogHolder& holder, const Deadlock& deadlock, std::uint64_t lost_in_run, std::uint64_t lost_events,
                 std::uint64_t proven_ns, std::chrono::milliseconds patience, GivingUp::Notice notice)
        : holder_(holder),
          resort_(holder.resort()),
          giving_up_(deadlock, lost_in_run, lost_events, proven_ns, patience, *resort_, std::move(notice)) {}

    void observe(const Observation& observation) override { giving_up_.observe(observation); }
    std::vector<std::int32_t> to_look_at(std::uint64_t now_ns) override { return giving_up_.to_look_at(now_ns); }
    bool goes_on(std::uint64_t now_ns, std::uint64_t lost_events, bool is_proven) override {
        holder_.watcher_is_alive();
        return giving_up_.goes_on(now_ns, lost_events, is_proven);
    }

private:
    WatchdogHolder& holder_;
    std::unique_ptr<LastResort> resort_;
    GivingUp giving_up_;
};

}  // namespace blkhang
