// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Waits, and which of them hold up which: what WaitGraph knows at one moment, laid out for searching. A search costs
/// as much as there are waits and links between them.
class WaitNet {
public:
    using Cycle = std::vector<const seen::Wait*>;

    /// `waits` have to outlive this.
    explicit WaitNet(std::vector<const seen::Wait*> waits) : waits_(std::move(waits)), holders_(waits_.size()) {}
    [[nodiscard]] const std::vector<const seen::Wait*>& waits() const { return waits_; }
    /// Those that hold up this one, by their place among the waits.
    void set_holders(std::size_t wait, std::vector<std::size_t> holders) { holders_[wait] = std::move(holders); }
    [[nodiscard]] const std::vector<std::size_t>& holders(std::size_t wait) const { return holders_[wait]; }

    /// The shortest cycle through the first wait that may begin one and is in one: each is held up by the next, the
    /// last by the first. Empty if there is none.
    [[nodiscard]] Cycle cycle(const std::function<bool(const seen::Wait&)>& may_begin) const;

private:
    [[nodiscard]] Cycle shortest_from(std::size_t start) const;

    std::vector<const seen::Wait*> waits_;
    std::vector<std::vector<std::size_t>> holders_;
};

}  // namespace blkhang
