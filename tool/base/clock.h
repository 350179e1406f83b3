// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace blkhang {

/// CLOCK_MONOTONIC in nanoseconds: the clock of bpf_ktime_get_ns(), so that kernel events and ours compare.
std::uint64_t monotonic_ns();
/// CLOCK_BOOTTIME: the same, and it goes on while the machine is suspended.
std::uint64_t boottime_ns();
/// CLOCK_REALTIME: since 1970, as whoever sets it has it.
std::uint64_t time_of_day_ns();

/// Since a moment that monotonic_ns() gave.
double seconds_since(std::uint64_t start_ns);
/// The time of day in UTC, ISO 8601: 2026-11-22T20:00:00Z.
std::string utc_now();

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
