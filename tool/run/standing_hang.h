// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "judge/judge.h"

namespace blkhang {

/// What becomes of a machine while a hang stands that was proven there. Whoever watches tells it all that is seen since
/// the proof, and asks it every few milliseconds.
class StandingHang {
public:
    StandingHang() = default;
    StandingHang(const StandingHang&) = delete;
    StandingHang& operator=(const StandingHang&) = delete;
    virtual ~StandingHang() = default;

    virtual void observe(const Observation& observation) = 0;
    /// Of whom a fresh look is wanted now.
    virtual std::vector<std::int32_t> to_look_at(std::uint64_t now_ns) = 0;
    /// `lost_events`: of all that the watcher has seen. `is_proven`: it still is, by all that was seen. False: nothing
    /// more becomes of it.
    virtual bool goes_on(std::uint64_t now_ns, std::uint64_t lost_events, bool is_proven) = 0;
};

/// Makes one at the proof. `lost_in_run`: events that were lost since what it rests on began; `lost_events`: as above.
using BeginStandingHang = std::function<std::unique_ptr<StandingHang>(
    const Deadlock& deadlock, std::uint64_t lost_in_run, std::uint64_t lost_events, std::uint64_t proven_ns)>;

}  // namespace blkhang
