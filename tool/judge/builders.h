// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/observation.h"

/// Short ways to write down observations in tests.
namespace blkhang::build {

inline constexpr std::uint64_t kMs = 1'000'000;

/// `pid` begins to wait for pcpu_alloc_mutex, whose owner seems to be `holder`.
inline seen::Wait mutex_wait(std::uint64_t at_ms, std::int32_t pid, std::int32_t holder) {
    return {at_ms * kMs, pid, "task", WaitKind::mutex, std::string(kPercpuMutex), holder, holder == pid, {}};
}
/// `pid`, which owns pcpu_alloc_mutex, begins to wait for the progress of `kswapd`.
inline seen::Wait owner_waits_for_kswapd(std::uint64_t at_ms, std::int32_t pid, std::int32_t kswapd) {
    return {at_ms * kMs, pid, "task", WaitKind::kswapd, std::string(kKswapd), kswapd, true, {}};
}
inline seen::Wake mutex_wake(std::uint64_t at_ms, std::int32_t pid) {
    return {at_ms * kMs, pid, WaitKind::mutex, std::string(kPercpuMutex)};
}
inline seen::Wake kswapd_wake(std::uint64_t at_ms, std::int32_t pid) {
    return {at_ms * kMs, pid, WaitKind::kswapd, std::string(kKswapd)};
}
inline seen::Wake exited(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, WaitKind::mutex, ""}; }
inline seen::Tick tick(std::uint64_t at_ms) { return {at_ms * kMs}; }
inline seen::Edge edge(Scope outer, Scope inner) { return {kMs, outer, inner, 1, "task", 0, {}}; }

}  // namespace blkhang::build
