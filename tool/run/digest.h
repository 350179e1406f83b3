// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Picks from the flood of waits those worth sending out of the machine: a wait leaves only once it has lasted, and
/// then so does its end. Whoever judges the stream outside sees every wait that can be part of a deadlock.
class Digest {
public:
    explicit Digest(std::uint64_t lasting_ns) : lasting_ns_(lasting_ns) {}

    /// Takes note; returns true if the observation itself is to be sent now.
    bool note(const Observation& observation);
    /// Open waits that have lasted by now and were not sent yet, oldest first.
    std::vector<seen::Wait> lasting(std::uint64_t now_ns);
    /// All open waits not sent yet: after a proof, everything counts.
    std::vector<seen::Wait> rest() { return lasting(UINT64_MAX); }
    /// The open waits of these tasks, whether or not they were sent, oldest first.
    [[nodiscard]] std::vector<seen::Wait> open_of(const std::vector<std::int32_t>& pids) const;
    /// Whom the waits that have been open for so long are for, as far as they name somebody; empty when none has.
    [[nodiscard]] std::vector<std::int32_t> holders_of_waits_longer_than(std::uint64_t ns, std::uint64_t now_ns) const;

private:
    struct OpenWait {
        seen::Wait wait;
        bool sent;
    };
    [[nodiscard]] bool is_reminder(const seen::Wait& wait) const;

    std::uint64_t lasting_ns_;
    std::map<std::pair<std::int32_t, WaitKind>, OpenWait> open_;
};

}  // namespace blkhang
