// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/standing.h"

#include <algorithm>
#include <cstring>

namespace blkhang {
namespace {

bool is_in_force(const watch_standing& slot, std::span<const std::uint32_t> eras) {
    if (slot.in_force == 0) {
        return false;
    }
    return slot.event.head.type != EVENT_FREEZE ||
           (slot.queue < eras.size() && slot.era == __atomic_load_n(&eras[slot.queue], __ATOMIC_ACQUIRE));
}

/// False if it was being written all the time.
bool read_slot(const watch_standing& slot, watch_standing& copy) {
    constexpr int kTries = 8;
    for (int i = 0; i < kTries; ++i) {
        const auto before = __atomic_load_n(&slot.version, __ATOMIC_ACQUIRE);
        std::memcpy(&copy, &slot, sizeof(copy));
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (before % 2 == 0 && __atomic_load_n(&slot.version, __ATOMIC_ACQUIRE) == before) {
            return true;
        }
    }
    return false;
}

}  // namespace

void read_standing(std::span<const watch_standing> table, std::span<const std::uint32_t> eras,
                   std::vector<watch_event_named>& events) {
    events.clear();
    for (const auto& slot : table) {
        // Most are empty; one that is filled right now begins after this look.
        if (__atomic_load_n(&slot.in_force, __ATOMIC_ACQUIRE) == 0) {
            continue;
        }
        watch_standing copy{};
        if (read_slot(slot, copy) && is_in_force(copy, eras)) {
            events.push_back(copy.event);
        }
    }
    std::ranges::sort(events, {}, [](const watch_event_named& event) { return event.head.at_ns; });
}

}  // namespace blkhang
