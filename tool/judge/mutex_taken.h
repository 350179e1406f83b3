// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <deque>

#include "judge/observation.h"
#include "judge/proven_cycle.h"

namespace blkhang {

/// How often pcpu_alloc_mutex was taken, told by those who create per-CPU maps, each of which takes it
/// (kernel/bpf/arraymap.c, mm/percpu.c). A cycle over it does not stand while others get it.
class MutexTaken {
public:
    void note(const seen::Counters& counters);
    /// So often since the cycle closed, if that speaks against it; 0 if the cycle is not over this mutex, or if it was
    /// no more often than by those who had it already, or were about to give it back, when the cycle closed.
    [[nodiscard]] std::uint64_t against(const Deadlock& cycle) const;

private:
    struct Made {
        std::uint64_t at_ns;
        std::uint64_t maps;  ///< created by then
    };
    std::deque<Made> made_;  // in order of time and number
};

}  // namespace blkhang
