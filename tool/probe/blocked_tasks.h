// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "judge/observation.h"

namespace blkhang {

/// Whom to look at.
struct Look {
    std::vector<std::int32_t> first;  ///< before all others, whatever they do
    bool whole = true;                ///< all that sleep uninterruptibly, too
    std::size_t limit = 50;           ///< of all that are handed on
    /// Lockdep, where the kernel has it, is to list the locks of all tasks, in the kernel's log.
    bool lists_locks = false;
};

/// How many threads of processes are looked at, beside the first of each, which stands for the process in /proc.
inline constexpr std::size_t kMostThreadsLookedAt = 1024;

/// Finds tasks that sleep uninterruptibly (state D, which in /proc includes killable sleepers), and those that are
/// named, and hands each on with its kernel stack. Further threads of processes come last: they leave room to all
/// others. Uses /proc only: never a file that needs another task's locks beyond that.
void find_blocked_tasks(const std::filesystem::path& proc, const Look& look,
                        const std::function<void(seen::BlockedTask)>& sink);

/// Does the same on threads of its own, which can be given up: in a hung machine reading /proc can hang as well. They
/// are made by the constructor, while the machine still makes threads, and wait to be asked.
///
/// There are two, so that a look that got stuck while the run went on leaves one for the look that matters most, the
/// one after a proof.
class BlockedTaskFinder {
public:
    using Finder = std::function<void(const Look&, const std::function<void(seen::BlockedTask)>&)>;
    BlockedTaskFinder();
    /// With something else than reading /proc.
    explicit BlockedTaskFinder(const Finder& finder);
    BlockedTaskFinder(const BlockedTaskFinder&) = delete;
    BlockedTaskFinder& operator=(const BlockedTaskFinder&) = delete;
    BlockedTaskFinder(BlockedTaskFinder&&) = delete;
    BlockedTaskFinder& operator=(BlockedTaskFinder&&) = delete;
    ~BlockedTaskFinder();

    /// Asks for a look, what it finds comes from take(). False if the look before is still under way or stuck, or not
    /// all that it found was taken. Waits for nothing.
    bool ask(Look look);
    /// The next task that was found since ask(), if there is one by now. Waits for nothing.
    std::optional<seen::BlockedTask> take();

    /// Looks, and hands on, on the calling thread, what is found until the deadline; false if there might have been
    /// more. What an earlier look has still to find is dropped.
    bool collect(Look look, Deadline deadline, const std::function<void(const seen::BlockedTask&)>& sink);

private:
    struct Search;
    struct Handover;  ///< shared with the threads; whoever is last frees it
    std::shared_ptr<Handover> handover_;
};

}  // namespace blkhang
