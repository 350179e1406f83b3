// SPDX-License-Identifier: GPL-2.0-only
#include "run/stall_looks.h"

#include "base/units.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kStandstillNs = 5 * kNsPerS;
constexpr std::uint64_t kFromLookToLookNs = 10 * kNsPerS;
constexpr int kMostLooks = 6;

}  // namespace

void StallLooks::observe(const seen::Counters& counters) {
    auto now = counters.load;
    for (const char* size : {"writers", "locked_bytes", "free_bytes"}) {  // not what the load did
        now.erase(size);
    }
    if (now != latest_) {
        latest_ = std::move(now);
        moved_ns_ = counters.at_ns;
    }
}

bool StallLooks::stands(std::uint64_t now_ns) const { return !latest_.empty() && now_ns >= moved_ns_ + kStandstillNs; }

bool StallLooks::due(std::uint64_t now_ns) const {
    return stands(now_ns) && looks_ < kMostLooks && (looks_ == 0 || now_ns >= looked_ns_ + kFromLookToLookNs);
}

void StallLooks::looked(std::uint64_t now_ns) {
    looked_ns_ = now_ns;
    ++looks_;
}

}  // namespace blkhang
