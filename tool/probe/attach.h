// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "probe/watcher.h"
#include "profile/profile.h"

namespace blkhang {

class Symbols;

/// Which places are probed.
struct Scale {
    /// None on the way of every bio: for hosts that are to be watched for days and must not feel it. Who submitted
    /// which bio is not known then; the tier says so.
    bool spares_bios = false;
    /// For how many tasks there has to be room, at the least: one that finds none is lost, and counted.
    std::uint32_t tasks = 0;
};

/// Attaches the way to watch that is asked for, or the best that works. The error lists why none does. First it takes
/// away what killed watchers have left, however they watched.
Result<std::unique_ptr<Watcher>> attach_watcher(TierChoice choice, const Scale& scale = {});

/// Takes away what watchers have left in the kernel whose process has ended without their being destroyed: events of
/// tracefs stay, and go on costing.
void remove_orphaned_probes();

/// What an attempt to attach begins with.
struct Attempt {
    const Symbols& symbols;                     ///< of the kernel that runs
    std::vector<seen::Tier::Missing>& missing;  ///< what attempts so far found missing; gets what this one does
    Scale scale = {};
};

/// Each way to watch that base/tiers.def names has one. A tier may be served by the one of another.
using AttachWatcher = Result<std::unique_ptr<Watcher>>(TierChoice tier, const Attempt& attempt);
#define TIER(name, rank, rank_preempting, attach) AttachWatcher attach;
#include "base/tiers.def"

/// What tier `auto` tries, best first. Where the kernel preempts itself, it does so inside fentry programs, too, and
/// skips them elsewhere meanwhile; programs of kprobes run with preemption off (kernel/kprobes.c,
/// kernel/trace/rethook.c), but cost more.
std::vector<TierChoice> tiers_by_preference(bool preempts_in_kernel);

}  // namespace blkhang
