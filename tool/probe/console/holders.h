// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "diagnose/stack_reading.h"
#include "judge/observation.h"

namespace blkhang {

/// The blocked tasks whose stacks say that they have something meanwhile: only these can be part of a circle of waits.
/// Where memory is short a look at all tasks may be stuck before it comes to its end. So those that it has come to by
/// then are looked at by themselves, which takes little memory.
///
/// Shared by the thread that looks at all and the one that looks at these: no memory is taken with the lock in hand.
class Holders {
public:
    explicit Holders(std::optional<KernelVersion> version);

    /// A look at all begins. Who was found by the look before and not by this one is forgotten when the next begins.
    void begin_look();
    void note(const seen::BlockedTask& task);
    [[nodiscard]] std::vector<std::int32_t> pids() const;

    /// How many are kept.
    static constexpr std::size_t kMost = 64;

private:
    std::optional<KernelVersion> version_;
    mutable std::mutex lock_;
    std::vector<std::int32_t> before_, now_;  ///< as the look before found them, and the one under way
};

}  // namespace blkhang
