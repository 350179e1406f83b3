// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "judge/standstill.h"

namespace blkhang {

/// When to look at the blocked tasks of a load that does not move. Under memory pressure that is no hang, but if it is
/// one that nobody can prove, where they sleep is all there is to learn. Not often: a look costs the machine memory and
/// time that it is short of, and the record pages of stacks.
class StallLooks {
public:
    void observe(const seen::Counters& counters) { standstill_.observe(counters); }
    /// Nothing has moved for so long that it is worth a look.
    [[nodiscard]] bool stands(std::uint64_t now_ns) const;
    /// It stands, and there are still looks to spend.
    [[nodiscard]] bool due(std::uint64_t now_ns) const;
    /// One was begun.
    void looked(std::uint64_t now_ns);

private:
    Standstill standstill_;
    std::uint64_t looked_ns_ = 0;
    int looks_ = 0;
};

}  // namespace blkhang
