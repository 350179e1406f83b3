// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace blkhang {

inline constexpr std::string_view kPercpuMutex = "pcpu_alloc_mutex";

/// Of bpf/locks.def.
inline constexpr std::array kToldApart{
#define LOCK(tag, name) std::string_view{name},
#include "locks.def"
};

/// Each disk has its own of this mutex.
constexpr bool is_lock_of_queue(std::string_view lock) {
    return lock != kPercpuMutex && std::ranges::find(kToldApart, lock) != kToldApart.end();
}

}  // namespace blkhang
