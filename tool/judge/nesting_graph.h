// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// What was wanted while what was held: of scopes of code, as the probes tell them, and of waits, by what the waiter
/// held. Nestings of different tasks add up: two that were each harmless can form a cycle that some third run falls
/// into.
///
/// Of each nesting the inner scope is what the outer one was really seen to enclose, in one task. So a way through
/// scopes that are no locks, put together from several tasks, shows nothing: what is entered below the owner of a lock
/// is told as a nesting of that lock itself. Reclaim alone is both: whoever enters it does anybody's reclaiming, as
/// lockdep's fs_reclaim has it.
class NestingGraph {
public:
    /// What is held, or wanted: a lock, a frozen queue or its use, reclaim. Of a disk, where each has its own.
    struct Place {
        enum class Kind : std::uint8_t {
            percpu_mutex,
            queue,      ///< held: frozen; wanted: thawed
            queue_use,  ///< held: entered and not left; wanted: that all have left it
            mutex,      ///< of a queue, by its name
            reclaim,
            reclaim_noio
        };
        Kind kind;
        std::string disk = {};
        std::string lock = {};  ///< of a mutex
        bool operator==(const Place&) const = default;
        bool operator<(const Place& other) const {
            return std::tie(kind, disk, lock) < std::tie(other.kind, other.disk, other.lock);
        }
    };
    struct Scopes {
        Scope outer, inner;
    };
    struct Nesting {
        Place held, wanted;
        std::uint64_t count;
        std::optional<Scopes> scopes;  ///< none of what only a wait told
    };

    /// The nesting was seen at least once, on this disk if one is named.
    void saw(Scope outer, Scope inner, const std::optional<std::string>& disk = {});
    /// Cumulative count of a nesting; never lowers what is known.
    void count(Scope outer, Scope inner, std::uint64_t count);

    /// Somebody froze the queue of this disk: whoever does waits for those that have entered it.
    void froze(const std::string& disk);

    /// Would waited() tell a nesting that no wait has told yet?
    [[nodiscard]] bool is_new(const Awaited& held, const Awaited& wanted) const;
    /// A task waited for the one while it held the other. Counts for mutexes and frozen queues; waiting for what it
    /// holds itself is no order of two.
    void waited(const Awaited& held, const Awaited& wanted);
    /// Nestings that were passed over because there were too many.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
    /// An end was missed, so that who seemed to have a queue frozen, or to use one, may have left it: what such a task
    /// waited for counts no more.
    void doubt_holders_of_queues() { holders_doubted_ = true; }

    /// The shortest cycle: each nesting wants what the next one holds, the last what the first holds. One with
    /// pcpu_alloc_mutex in it begins there. Empty when there is none. `noio_takes_mutex`: do allocations with GFP_NOIO?
    [[nodiscard]] std::vector<Nesting> cycle(bool noio_takes_mutex) const;
    /// The same, if those that were counted, and never told with their disk, all were of one and the same.
    [[nodiscard]] std::vector<Nesting> cycle_if_disks_agree(bool noio_takes_mutex) const;
    /// The same, if all that was entered by writers of limits (blkg_conf) was entered while they used the disk's queue.
    [[nodiscard]] std::vector<Nesting> cycle_if_limit_writers_use_queue(bool noio_takes_mutex) const;

private:
    using Waited = std::set<std::pair<Place, Place>>;  ///< held, wanted
    [[nodiscard]] static Waited on_any_disk(const Waited& nestings);
    using Seen = std::tuple<Scope, Scope, std::optional<std::string>>;  ///< outer, inner, disk
    [[nodiscard]] bool is_told(Scope outer, Scope inner) const;
    [[nodiscard]] std::vector<Nesting> nestings(bool noio_takes_mutex, const std::optional<std::string>& assumed) const;
    [[nodiscard]] static std::vector<Nesting> shortest_cycle(const std::vector<Nesting>& all);

    std::map<Seen, std::uint64_t> seen_;
    Waited waited_;
    std::uint64_t left_out_ = 0;
    bool holders_doubted_ = false;
    std::set<std::string> frozen_;  ///< disks
};

/// "pcpu_alloc_mutex", "queue of vda", "blkcg_mutex of vda", "reclaim".
std::string to_string(const NestingGraph::Place& place);
/// "lock cycle reclaim -> queue of vda -> reclaim: whoever reclaimed submitted bios to vda, which wait while its queue
/// is frozen; ...". The cycle is not empty.
std::string describe(const std::vector<NestingGraph::Nesting>& cycle);

}  // namespace blkhang
