// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "kernels/members.h"
#include "klog/story.h"

namespace blkhang {

/// What a warning of lockdep says about the family. A warning is a claim about orders of locks: nothing has hung.
struct SplatReading {
    enum class Claim {
        self_deadlock,  ///< a task takes pcpu_alloc_mutex, of which there is one, while it has it: it hangs
        member,         ///< the chain is that of a known member
        family,         ///< its locks are those of the family; no known member is in its stacks
        other
    };
    Claim claim = Claim::other;
    const MemberKnowledge* member = nullptr;
    std::string what;   ///< what it claims, in a sentence
    std::string disks;  ///< whether the disks of its queues could be different ones; empty if no queue is in it
};

SplatReading read_splat(const LockdepSplat& splat);

}  // namespace blkhang
