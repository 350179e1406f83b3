// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stalls.h"

namespace blkhang {
namespace {

/// A cycle over memory shorter than this is what any machine short of memory goes through.
constexpr std::uint64_t kLivelockNs = 5 * kNsPerS;

}  // namespace

void Stalls::look(const std::optional<Deadlock>& cycle, std::uint64_t now_ns) {
    standing_.reset();
    if (longest_) {
        longest_->stands = false;
    }
    if (!cycle || cycle->closed_ns > now_ns) {
        return;
    }
    standing_ = Livelock{*cycle, now_ns - cycle->closed_ns, true};
    if (!longest_ || standing_->lasted_ns >= longest_->lasted_ns) {
        longest_ = standing_;
    }
}

void Stalls::forget(const Deadlock& cycle) {
    look(std::nullopt, 0);
    if (longest_ && longest_->cycle.closed_ns == cycle.closed_ns) {
        longest_.reset();
    }
}

bool Stalls::hangs() const { return standing_ && standing_->lasted_ns >= kLivelockHangsNs; }

std::optional<Livelock> Stalls::told() const {
    if (hangs()) {
        return standing_;
    }
    return longest_ && longest_->lasted_ns >= kLivelockNs ? longest_ : std::nullopt;
}

}  // namespace blkhang
