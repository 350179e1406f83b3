// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/stack_reading.h"
#include "judge/observation.h"
#include "kernels/release.h"
#include "probe/watcher.h"

namespace blkhang {

/// A look at a blocked task, and what /proc tells of it beside its stack.
struct StackSample {
    seen::BlockedTask task;
    /// The one disk whose queue it is writing an attribute of, by the file that it has open; empty where there is none,
    /// or more than one.
    std::string disk = {};
    std::optional<LimitWrite> limit = {};  ///< what it is writing, where the load says so of its own task
    /// How often it has stopped running; nothing where that is not known.
    std::optional<std::uint64_t> switches = {};
};

/// A look at blocked tasks.
struct BlockedLook {
    std::uint64_t began_ns = 0, ended_ns = 0;
    std::optional<std::vector<std::int32_t>> only = {};  ///< these were looked at; nothing: all that there are
    std::vector<StackSample> tasks = {};                 ///< that it found blocked
};

/// Who waits for whom, by nothing but the stacks of blocked tasks, looked at again and again. What a stack says for
/// certain is told once the task has not moved over several looks, as of the first of these; that it ended, when it is
/// found elsewhere or not blocked any more, or has run meanwhile: a task that does the same again and again may be
/// found in the same place each time, and waits for another there. One of which that is not known does not stand. A
/// look at all tasks may take long where memory is short: what counts is when each was looked at.
///
/// What is certain: the tables of kernels/sleepers.h, and that a task waits for a frozen queue if its stack says that
/// it wants to enter one, swap being written to a single disk, and another task's says that it has that one frozen. A
/// task of the load that writes a limit uses the queue of that limit's disk, on kernels that are known to have it enter
/// the queue: so who drains that queue, and has for long, waits for it.
class StackWaits {
public:
    /// From the first look at a task to the one at which it is believed to stand, and how many there are between.
    static constexpr std::uint64_t kStandsNs = 500'000'000;
    static constexpr int kStandsLooks = 3;
    /// The same of one who waits until a queue has no users: these may be requests that a slow disk works on.
    static constexpr std::uint64_t kDrainsNs = 2'000'000'000;

    using Sink = std::function<void(const Observation&)>;
    /// `limits_use_queue`: on this kernel whoever writes a limit has certainly entered its disk's queue
    /// (kernels/queue_use.h).
    StackWaits(std::optional<KernelVersion> version, bool limits_use_queue, std::string swap_disk)
        : version_(version), limits_use_queue_(limits_use_queue), swap_disk_(std::move(swap_disk)) {}

    /// What a look found. Whoever it was to look at and is not among its tasks was found not to be blocked at some time
    /// until it ended: were it told as of its beginning, a kill meanwhile would seem to come too late.
    ///
    /// Looks overlap, so one that ends may have seen a task before another has that ended earlier: what is older of a
    /// task than what is known of it is passed over.
    void observe(const BlockedLook& look, const Sink& sink);
    /// What was told and has not ended, as it was told.
    void retell(const Sink& sink) const;

private:
    struct Standing {
        seen::BlockedTask task;  ///< as first found here
        std::string disk;
        std::optional<LimitWrite> limit;
        std::optional<std::uint64_t> switches;
        std::uint64_t since_ns = 0;  ///< when it was looked at first, and last
        std::uint64_t latest_ns = 0;
        int looks = 0;
        std::optional<StackReading> reading = {};  ///< of the stack, once it stands
        std::optional<seen::Freeze> freeze = {};   ///< that was told
        std::optional<seen::Wait> wait = {};       ///< that was told
    };
    void note(std::uint64_t ended_ns, const StackSample& sample, const Sink& sink);
    static void tell_freeze(Standing& standing, const Sink& sink);
    void tell_wait(Standing& standing, const Sink& sink) const;
    static void end(std::uint64_t at_ns, Standing& standing, const Sink& sink);
    [[nodiscard]] bool is_frozen(const std::string& disk) const;
    [[nodiscard]] std::string disk_used(const Standing& standing) const;
    [[nodiscard]] std::optional<Awaited> awaited(const Standing& standing) const;
    static bool stands(const Standing& standing);
    /// Not to have found it there says that it is not blocked any more.
    static bool was_looked_for(const BlockedLook& look, std::int32_t pid, const Standing& standing);

    std::optional<KernelVersion> version_;
    bool limits_use_queue_;
    std::string swap_disk_;  ///< the only one that is swapped to; empty if there are several
    std::map<std::int32_t, Standing> by_pid_;
};

}  // namespace blkhang
