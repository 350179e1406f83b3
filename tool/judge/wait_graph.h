// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Which task waits for which, as far as it is *known*: an edge is there only while both ends of it are evidence.
///
/// Who owns a mutex is known only of a task that owned it when it went to sleep and has not woken since. The owner read
/// by somebody who began to wait is a hint: it may have released the mutex in the next instruction. A hint proves
/// nothing, but one that names another task than the sleeping owner shows that this owner's wake was missed.
/// Of the mutexes of a queue, who owns one is known if that task slept already when it was read, or was seen to own it
/// when it went to sleep. A queue is held by each task that froze it and has not released it,
/// and kept from being drained by each sleeper that was inside it when it went to sleep.
class WaitGraph {
public:
    /// A task waits for one thing at a time: a new wait ends its former one.
    void begin(const seen::Wait& wait);
    void end(const seen::Wake& wake);
    /// Events were lost. A wake may be among them, so none of the waits open now can be relied on any longer.
    void forget_open_waits();
    void change(const seen::Freeze& freeze);

    using Cycle = std::vector<const seen::Wait*>;
    /// Waits of which each is for the task of the next, and the last for that of the first; empty when there is no such
    /// cycle. Valid until the next change.
    [[nodiscard]] Cycle cycle() const;
    /// A cycle in which one wait is for memory: it may dissolve by itself, for memory may come from elsewhere. Of
    /// several, the one that closed first, so that who joins later does not make it look younger than it is.
    [[nodiscard]] Cycle livelock() const;

private:
    [[nodiscard]] Cycle holders_of(const seen::Wait& wait) const;
    [[nodiscard]] const seen::Wait* owner_of_percpu_mutex() const;
    [[nodiscard]] Cycle owners_of(const seen::Wait& wait) const;
    /// Which waits a search may go along.
    struct Along {
        bool memory;
        std::uint64_t latest_ns;  ///< none that began after this
    };
    [[nodiscard]] Cycle way(const seen::Wait& from, const seen::Wait& to, Along along) const;
    [[nodiscard]] Cycle livelock_of(std::uint64_t latest_ns) const;
    [[nodiscard]] const seen::Wait* find(std::int32_t pid) const;

    std::map<std::int32_t, seen::Wait> open_;  // by pid of the waiter
    std::int32_t last_named_owner_ = 0;        // of pcpu_alloc_mutex, by the latest evidence
    std::map<std::string, std::set<std::int32_t>, std::less<>> freezers_;  // by frozen_queue()
};

/// The waiter owns pcpu_alloc_mutex for as long as it sleeps.
bool owns_percpu_mutex(const seen::Wait& wait);

}  // namespace blkhang
