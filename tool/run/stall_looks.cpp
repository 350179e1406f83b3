// SPDX-License-Identifier: GPL-2.0-only
#include "run/stall_looks.h"

#include "base/units.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kStandstillNs = 5 * kNsPerS;
constexpr std::uint64_t kFromLookToLookNs = 10 * kNsPerS;
constexpr int kMostLooks = 6;

}  // namespace

bool StallLooks::stands(std::uint64_t now_ns) const { return standstill_.still_for_ns(now_ns) >= kStandstillNs; }

bool StallLooks::due(std::uint64_t now_ns) const {
    return stands(now_ns) && looks_ < kMostLooks && (looks_ == 0 || now_ns >= looked_ns_ + kFromLookToLookNs);
}

void StallLooks::looked(std::uint64_t now_ns) {
    looked_ns_ = now_ns;
    ++looks_;
}

}  // namespace blkhang
