// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace blkhang {
namespace {

std::uint64_t now_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_ns() { return now_of(CLOCK_MONOTONIC); }
std::uint64_t boottime_ns() { return now_of(CLOCK_BOOTTIME); }
std::uint64_t time_of_day_ns() { return now_of(CLOCK_REALTIME); }

double seconds_since(std::uint64_t start_ns) { return static_cast<double>(monotonic_ns() - start_ns) / 1e9; }

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

Deadline Deadline::after(std::chrono::milliseconds span) {
    const std::int64_t ns = std::chrono::nanoseconds(span).count();
    return Deadline(monotonic_ns() + (ns > 0 ? static_cast<std::uint64_t>(ns) : 0));
}

std::chrono::milliseconds Deadline::remaining() const {
    const std::uint64_t now = monotonic_ns();
    const std::chrono::nanoseconds left(at_ns_ > now ? at_ns_ - now : 0);
    // Rounded up: a caller who polls for the rest must not spin through the last fraction of a millisecond.
    return std::chrono::ceil<std::chrono::milliseconds>(left);
}

}  // namespace blkhang
