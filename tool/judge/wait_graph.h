// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "judge/observation.h"
#include "judge/open_waits.h"
#include "judge/wait_net.h"

namespace blkhang {

/// Which task waits for which, as far as it is *known*: an edge is there only while both ends of it are evidence.
///
/// Who owns a mutex is known only of a task that owned it when it went to sleep and has not woken since. The owner read
/// by somebody who began to wait is a hint: it may have released the mutex in the next instruction. A hint proves
/// nothing, but one that names another task than the sleeping owner shows that this owner's wake was missed.
/// Of the mutexes of a queue, who owns one is known if that task slept already when it was read, or was seen to own it
/// when it went to sleep. A queue is held by each task that froze it and has not released it, and kept from being
/// drained by each sleeper that was inside it when it went to sleep. A queue without a disk is like no other, but has
/// no name: nobody is known to hold it.
class WaitGraph {
public:
    void begin(const seen::Wait& wait);
    void end(const seen::Wake& wake);
    void change(const seen::Freeze& freeze);
    /// So many events were lost. None of the waits and freezes of now is relied on any longer until it is told again,
    /// or looks at its task bear it out.
    void doubt(std::uint64_t lost);
    OpenWaits::Look look(const seen::BlockedTask& task);

    /// The waits that are open, in doubt or not, in the order of pids.
    void each(const std::function<void(const OpenWait&)>& sink) const { open_.each(sink); }
    /// Changes with everything that may change what the searches find.
    [[nodiscard]] std::uint64_t version() const { return version_; }
    /// Waits and freezes that were passed over because so many others were known already.
    [[nodiscard]] std::uint64_t left_out() const { return open_.left_out() + freezes_left_out_; }

    /// What the waiter held when it began to wait, as far as that has a name: what it says itself, and the queues that
    /// it had frozen by then and not released.
    [[nodiscard]] std::vector<Awaited> held_during(const seen::Wait& wait) const;
    /// It is the one that this task sleeps in, as far as is known: no old news.
    [[nodiscard]] bool is_latest(const seen::Wait& wait) const;
    /// The wait of this task for a mutex that it owns itself; null if it is in none that is relied on.
    [[nodiscard]] const seen::Wait* wait_for_its_own(std::int32_t pid) const;

    using Cycle = WaitNet::Cycle;
    /// Waits of which each is for the task of the next, and the last for that of the first; empty when there is no such
    /// cycle; of several, the one that closed first. Valid until the next change.
    [[nodiscard]] Cycle cycle() const;
    /// A cycle in which one wait is for memory: it may dissolve by itself, for memory may come from elsewhere. Of
    /// several, the one that closed first, so that who joins later does not make it look younger than it is.
    [[nodiscard]] Cycle livelock() const;
    /// Do these tasks still wait for each other, each for the next? What is merely in doubt has not ended.
    [[nodiscard]] bool stands(const std::vector<std::int32_t>& pids) const;
    /// The freezes that tasks of these keep in force.
    [[nodiscard]] std::vector<seen::Freeze> freezes_of(const std::vector<std::int32_t>& pids) const;

private:
    struct Frozen {
        seen::Freeze freeze;
        bool doubted = false;
        std::uint64_t lost = 0;  ///< events lost since it was told
    };
    struct Freezers {
        std::map<std::int32_t, Frozen> by_pid;
        std::map<std::int32_t, std::uint64_t> released_ns;  ///< the latest, by pid; 0: by one who was not known
    };
    /// Which waits a search may go along.
    struct Along {
        bool memory = false;
        bool doubted = false;
        std::uint64_t latest_ns = UINT64_MAX;  ///< none that began after this
    };
    [[nodiscard]] static bool is_open(const OpenWait& wait, const Along& along);
    [[nodiscard]] Frozen* latest_freeze_of(std::int32_t pid);
    /// Where among the waits of a net to find whom.
    struct Places {
        std::map<std::int32_t, std::vector<std::size_t>> of_pid;
        struct ByValue {
            bool operator()(const Awaited* one, const Awaited* other) const { return *one < *other; }
        };
        std::map<const Awaited*, std::vector<std::size_t>, ByValue> of_holders;  ///< by what they hold as they sleep
        [[nodiscard]] std::vector<std::size_t> holding(const Awaited& thing) const;
    };
    [[nodiscard]] WaitNet net(const Along& along) const;
    [[nodiscard]] std::vector<std::size_t> holders_of(const WaitNet& net, std::size_t place, const Places& places,
                                                      const Along& along) const;
    [[nodiscard]] static std::vector<std::size_t> owners_of(const WaitNet& net, const seen::Wait& wait,
                                                            const Places& places);
    [[nodiscard]] Cycle livelock_of(std::uint64_t latest_ns) const;

    OpenWaits open_;
    std::int32_t last_named_owner_ = 0;                      // of pcpu_alloc_mutex, by the latest evidence
    std::uint64_t last_named_ns_ = 0;                        // when that was so
    std::map<std::string, Freezers, std::less<>> freezers_;  // by disk
    std::uint64_t freezes_left_out_ = 0;
    std::uint64_t version_ = 0;
};

/// The waiter owns pcpu_alloc_mutex for as long as it sleeps.
bool owns_percpu_mutex(const seen::Wait& wait);
/// It waits for pcpu_alloc_mutex, which it owns itself.
bool is_for_its_own(const seen::Wait& wait);
/// Whom a wait names as the owner of pcpu_alloc_mutex; 0 if nobody.
std::int32_t named_owner(const seen::Wait& wait);
/// The number of all queues without a disk, in streams that do not tell them apart.
inline constexpr std::string_view kNoDisk = "0:0";
/// What is waited for belongs to such a queue, so that it cannot be told from another.
bool is_of_no_disk(const seen::Wait& wait);

}  // namespace blkhang
