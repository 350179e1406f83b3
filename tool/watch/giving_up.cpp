// SPDX-License-Identifier: GPL-2.0-only
#include "watch/giving_up.h"

#include <fmt/format.h>

#include <utility>

#include "base/sizes.h"
#include "base/units.h"
#include "run/short_proof.h"

namespace blkhang {
namespace {

/// A look may take as long.
constexpr std::uint64_t kBetweenLookingNs = 1000 * kNsPerMs;

}  // namespace

GivingUp::GivingUp(const Deadlock& deadlock, std::uint64_t lost_in_stretch, std::uint64_t lost_events,
                   std::uint64_t proven_ns, std::chrono::milliseconds patience, LastResort& last_resort, Notice notice)
    : policy_(deadlock, lost_in_stretch, proven_ns, patience),
      lost_events_(lost_events),
      patience_(patience),
      last_resort_(&last_resort),
      notice_(std::move(notice)) {
    if (policy_.why_not().empty()) {
        notice_(fmt::format("unless this hang ends, {} {} after its proof", last_resort_->what(),
                            format_duration(patience_)));
    }
}

std::vector<std::int32_t> GivingUp::to_look_at(std::uint64_t now_ns) {
    auto pids = policy_.to_look_at(now_ns);
    if (pids.empty() || now_ns - asked_ns_ < kBetweenLookingNs) {
        return {};
    }
    asked_ns_ = now_ns;
    return pids;
}

bool GivingUp::goes_on(std::uint64_t now_ns, std::uint64_t lost_events, bool is_proven) {
    using Answer = GiveUpPolicy::Answer;
    if (lost_events != lost_events_) {  // it may have been the end of a wait
        policy_.refuse(fmt::format("events were lost: {}", lost_events - lost_events_));
    }
    if (!begun_ && policy_.step(now_ns) == Answer::give_up) {
        if (!is_proven) {
            policy_.refuse("what was seen since speaks against the proof");
        } else {
            begun_ = true;
            notice_(fmt::format("given up after {}, for it stands by a fresh look, too: {}: {}",
                                format_duration(patience_), last_resort_->what(), describe(policy_.deadlock())));
            if (const auto begun = last_resort_->begin(); !begun) {
                policy_.refuse(begun.error().message());
            }
        }
    }
    if (policy_.step(now_ns) != Answer::no) {
        return true;
    }
    if (begun_) {
        last_resort_->cancel();
    }
    notice_(fmt::format("this host is kept: {}", policy_.why_not()));
    return false;
}

}  // namespace blkhang
