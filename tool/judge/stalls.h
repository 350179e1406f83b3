// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.h"
#include "judge/proven_cycle.h"

namespace blkhang {

/// A cycle over a wait for memory. Unlike a deadlock, it may dissolve: what counts is for how long it stood.
struct Livelock {
    Deadlock cycle;
    std::uint64_t lasted_ns;
    bool stands;  ///< still, as far as has been observed
};
/// A livelock that stands for so long to the end of a run is a hang, also where a longer one ended.
inline constexpr std::uint64_t kLivelockHangsNs = 60 * kNsPerS;

/// The livelocks of a run, of which the longest is remembered, and the one that stands.
class Stalls {
public:
    /// This cycle of waits over memory stands by now; or none does, or one that closes only later.
    void look(const std::optional<Deadlock>& cycle, std::uint64_t now_ns);
    /// Something speaks against the cycle that seemed to stand: none does, and it never did.
    void forget(const Deadlock& cycle);

    /// One has stood for so long that it is a hang, if it stands to the end.
    [[nodiscard]] bool hangs() const;
    /// That one; else the longest that stood long enough to be told from a moment's shortage.
    [[nodiscard]] std::optional<Livelock> told() const;

private:
    std::optional<Livelock> longest_, standing_;
};

}  // namespace blkhang
