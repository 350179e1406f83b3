// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace blkhang {

std::uint64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

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
