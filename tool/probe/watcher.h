// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// A limit of a cgroup that is being written.
struct LimitWrite {
    std::string disk;          ///< whose bios it is for
    std::uint64_t number = 0;  ///< another for each write of a task
    bool operator==(const LimitWrite&) const = default;
};
/// That which this task is writing; nothing if it is not known to.
using LimitOf = std::function<std::optional<LimitWrite>(std::int32_t pid)>;

/// What sees, while the load runs, how locks nest and who waits for whom. There are several ways to do so
/// (probe/attach.h), and whoever uses one need not know which.
///
/// To attach may take memory and locks, so it is over before the load begins; from enable() on nothing is allocated in
/// the kernel any more, and no system call is made where it says so.
class Watcher {
public:
    using Sink = std::function<void(const Observation&)>;

    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    Watcher(Watcher&&) = delete;
    Watcher& operator=(Watcher&&) = delete;
    virtual ~Watcher() = default;

    /// What attached and what did not, of the way used and of those tried before it; nothing if it was told not to
    /// watch.
    [[nodiscard]] virtual std::optional<seen::Tier> tier() const = 0;
    /// Why there can be no verdict although it is attached, a sentence each; empty if there can be one.
    [[nodiscard]] virtual std::vector<std::string> blind_spots() const = 0;
    /// Learns what stacks and disks are named with: to be called when all code and all disks are in place. Takes tens
    /// of megabytes for a moment.
    virtual Status learn_names() = 0;
    /// Where it is known what a task of the load is doing: the limit that it is writing. Makes no system call.
    virtual void ask_load(const LimitOf& /*limit_of*/) {}
    /// Hands on made-up events of every kind that is converted, so that what this takes is in memory; before enable().
    virtual void rehearse(const Sink& /*sink*/) {}
    /// Silent until then.
    virtual void enable() = 0;

    /// Hands on every event that has arrived: Edge, Wait, Wake and Freeze observations.
    virtual void drain(const Sink& sink) = 0;
    /// Sleeps until an event arrives, so long at most. False, at once, where only drain() tells that one has.
    virtual bool await_event(std::chrono::milliseconds /*most*/) { return false; }
    /// The same until nothing is on its way any more. What is not finished by the deadline counts as lost.
    virtual void drain_to_the_end(const Sink& sink, Deadline deadline) = 0;
    /// Does it go on watching after that? Else the ends of all that was open then are not seen any more.
    [[nodiscard]] virtual bool watches_on() const { return true; }
    /// Hands on every wait that has begun and every freeze in force, as they were first told (without the stacks), in
    /// order of time: to be called when events were lost, which may have been these or the end of others. An end may
    /// still be on its way to drain() when what it ends is not told any more, never the other way round. Makes no
    /// system call.
    virtual void retell(const Sink& sink) = 0;

    /// Edges whose first occurrence was handed on, the coverage that is counted, and as lost events what lost() says;
    /// `load` is left empty. Makes no system call.
    [[nodiscard]] virtual seen::Counters counters() const = 0;
    /// How much was missed of what matters, as far as is known by now: events that found no room or were never
    /// finished, calls that were not seen. Makes no system call.
    [[nodiscard]] virtual std::uint64_t lost() const = 0;
    /// Asks the kernel for losses that only it knows of, which lost() has from then on. Makes system calls.
    virtual void look_for_losses() = 0;
};

}  // namespace blkhang
