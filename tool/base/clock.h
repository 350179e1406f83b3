// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>

namespace blkhang {

/// CLOCK_MONOTONIC in nanoseconds: the clock of bpf_ktime_get_ns(), so that kernel events and ours compare.
std::uint64_t monotonic_ns();

/// A moment after which nothing waits any longer. Every wait in blkhang takes one.
class Deadline {
public:
    static Deadline after(std::chrono::milliseconds span);
    [[nodiscard]] bool passed() const { return remaining().count() <= 0; }
    [[nodiscard]] std::chrono::milliseconds remaining() const;  ///< never negative

private:
    explicit Deadline(std::uint64_t at_ns) : at_ns_(at_ns) {}
    std::uint64_t at_ns_;
};

}  // namespace blkhang
