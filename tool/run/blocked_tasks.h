// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "judge/observation.h"

namespace blkhang {

/// Finds tasks that sleep uninterruptibly (state D, which in /proc includes killable sleepers) and hands each on with
/// its kernel stack, at most `limit` of them. Before all others come those of `first`, whatever they do. Reads /proc
/// only: never a file that needs another task's locks beyond that.
void find_blocked_tasks(const std::filesystem::path& proc, std::size_t limit, const std::vector<std::int32_t>& first,
                        const std::function<void(seen::BlockedTask)>& sink);

/// Does the same on a thread of its own, which can be given up: in a hung machine reading /proc can hang as well.
/// The thread is made by the constructor, while the machine still makes threads, and waits to be asked.
class BlockedTaskFinder {
public:
    explicit BlockedTaskFinder(std::size_t limit);
    BlockedTaskFinder(const BlockedTaskFinder&) = delete;
    BlockedTaskFinder& operator=(const BlockedTaskFinder&) = delete;
    BlockedTaskFinder(BlockedTaskFinder&&) = delete;
    BlockedTaskFinder& operator=(BlockedTaskFinder&&) = delete;
    ~BlockedTaskFinder();

    /// Hands on, on the calling thread, what is found until the deadline; false if there might have been more. To be
    /// called once.
    bool collect(std::vector<std::int32_t> first, Deadline deadline,
                 const std::function<void(const seen::BlockedTask&)>& sink);

private:
    struct Handover;  ///< shared with the thread; whoever is last frees it
    std::shared_ptr<Handover> handover_;
};

}  // namespace blkhang
