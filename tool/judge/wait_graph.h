// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Which task waits for which, as far as it is *known*: an edge is there only while both ends of it are evidence.
///
/// Who owns a mutex is known only of a task that owned it when it went to sleep and has not woken since. The owner read
/// by somebody who began to wait is a hint: it may have released the mutex in the next instruction. A hint proves
/// nothing, but one that names another task than the sleeping owner shows that this owner's wake was missed.
class WaitGraph {
public:
    /// A task waits for one thing at a time: a new wait ends its former one.
    void begin(const seen::Wait& wait);
    void end(const seen::Wake& wake);
    /// Events were lost. A wake may be among them, so none of the waits open now can be relied on any longer.
    void forget_open_waits();

    /// Waits of which each is for the task of the next, and the last for that of the first; empty when there is no such
    /// cycle. Valid until the next change.
    [[nodiscard]] std::vector<const seen::Wait*> cycle() const;

private:
    [[nodiscard]] const seen::Wait* holder_of(const seen::Wait& wait) const;
    [[nodiscard]] const seen::Wait* find(std::int32_t pid) const;

    std::map<std::int32_t, seen::Wait> open_;  // by pid of the waiter
    std::int32_t last_named_owner_ = 0;        // of pcpu_alloc_mutex, by the latest evidence
};

/// The waiter owns pcpu_alloc_mutex for as long as it sleeps.
bool owns_percpu_mutex(const seen::Wait& wait);

}  // namespace blkhang
