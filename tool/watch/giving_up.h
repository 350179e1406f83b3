// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "run/standing_hang.h"
#include "watch/give_up_policy.h"
#include "watch/last_resort.h"

namespace blkhang {

/// A host is given up for a proven hang that stands: asks the policy, sets the last resort going and takes it back, and
/// says so in sentences.
class GivingUp final : public StandingHang {
public:
    using Notice = std::function<void(const std::string&)>;
    /// `lost_in_stretch`: events, since the stretch of the watch began that the hang was proven in; `lost_events`: of
    /// the watch. The last resort has to outlive this.
    GivingUp(const Deadlock& deadlock, std::uint64_t lost_in_stretch, std::uint64_t lost_events,
             std::uint64_t proven_ns, std::chrono::milliseconds patience, LastResort& last_resort, Notice notice);

    void observe(const Observation& observation) override { policy_.observe(observation); }
    std::vector<std::int32_t> to_look_at(std::uint64_t now_ns) override;
    bool goes_on(std::uint64_t now_ns, std::uint64_t lost_events, bool is_proven) override;
    /// What it rests on is no longer so.
    void refuse(std::string why) { policy_.refuse(std::move(why)); }

private:
    GiveUpPolicy policy_;
    std::uint64_t lost_events_;
    std::uint64_t asked_ns_ = 0;
    std::chrono::milliseconds patience_;
    LastResort* last_resort_;
    Notice notice_;
    bool begun_ = false;
};

}  // namespace blkhang
