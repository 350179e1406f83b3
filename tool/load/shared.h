// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// What one trigger has done so far.
struct TriggerCounters {
    std::array<char, 40> name{};  ///< empty: no trigger here; set before the load begins, as are the next two
    std::uint64_t pause_ms = 0;   ///< for as long nothing ends though all is well
    std::uint64_t at_most = 0;    ///< attempts that it makes; 0: as many as there is time for
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<std::uint64_t> successes{0};
    std::atomic<std::uint64_t> trials{0};  ///< of the successes, those that could have closed the profile's cycle
    std::atomic<std::uint64_t> failures{0};
    std::atomic<int> last_errno{0};  ///< of the last failure
};

/// What one virtual machine of the load has said so far.
struct GuestCounters {
    std::atomic<std::uint64_t> blocks{0};  ///< that it says it has written
    std::atomic<std::uint32_t> ended{0};   ///< 1 once it is gone; `words` are set by then
    std::array<char, 208> words{};         ///< ": " and what tells why, if anything does
};

/// The limit that a process of the load is writing. While one is written the number of the write is odd, and another
/// for each.
struct LimitWriter {
    std::atomic<std::int32_t> pid{0};  ///< 0: nobody
    std::atomic<std::uint64_t> write{0};
    std::atomic<std::uint32_t> throttle{0};  ///< whose disk it is, by its place in LoadSite::throttles
};
/// Those beyond that are not told of.
inline constexpr std::size_t kMostLimitWriters = 64;

/// What the processes of the load have done so far. Lives in memory that they share with the supervisor, because that
/// may no longer ask them, or the kernel, once the machine hangs.
struct LoadCounters {
    std::atomic<std::uint32_t> go{0};  ///< 1 when everything is in place and the load begins; a futex
    std::atomic<std::uint64_t> writers{0};
    std::atomic<std::uint64_t> writer_ios{0};
    std::atomic<std::uint64_t> bytes_written{0};
    std::atomic<std::uint64_t> cgroups_created{0};
    std::atomic<std::uint64_t> cgroups_removed{0};
    std::atomic<std::uint64_t> cgroup_failures{0};
    std::atomic<std::uint64_t> member_ios{0};
    std::atomic<std::uint64_t> member_writers{0};  ///< members that have written, each in a throttled group of its own
    std::atomic<std::uint64_t> maps_created{0};
    std::atomic<std::uint64_t> map_failures{0};
    std::atomic<std::uint64_t> namespaces_created{0};  ///< in place of maps
    std::atomic<std::uint64_t> namespace_failures{0};
    std::atomic<std::uint64_t> write_failures{0};
    std::array<TriggerCounters, kMaxTriggers> triggers;
    std::array<GuestCounters, kMostGuests> guests;
    std::array<LimitWriter, kMostLimitWriters> limit_writers;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// A LoadCounters in anonymous shared memory, inherited by every process forked later. Unmapped with its owner.
class SharedCounters {
public:
    static Result<SharedCounters> make();
    SharedCounters(SharedCounters&& other) noexcept;
    SharedCounters& operator=(SharedCounters&&) = delete;
    SharedCounters(const SharedCounters&) = delete;
    SharedCounters& operator=(const SharedCounters&) = delete;
    ~SharedCounters();
    LoadCounters& operator*() const { return *counters_; }
    LoadCounters* operator->() const { return counters_; }

private:
    explicit SharedCounters(LoadCounters* counters) : counters_(counters) {}
    LoadCounters* counters_;
};

/// A limit that is being written: its place in LoadSite::throttles, and the number of the write.
struct WrittenLimit {
    std::uint32_t throttle;
    std::uint64_t number;
};
/// That which this process is writing just now, if it is known to write any.
std::optional<WrittenLimit> limit_being_written(const LoadCounters& counters, std::int32_t pid);

/// Sleeps until the load begins. Without polling: a thousand sleepers that look every few milliseconds keep a small
/// machine from ever finishing its preparations.
void wait_for_go(LoadCounters& counters);
/// Wakes all that wait for it.
void give_go(LoadCounters& counters);

}  // namespace blkhang
