// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>

#include "probe/blocked_tasks.h"
#include "probe/watcher.h"
#include "watch/history.h"
#include "watch/last_resort.h"
#include "watch/vigil.h"

namespace blkhang {

/// Goes once through all that a watch does on a machine that hangs: hangs that are proven and healed, livelocks, long
/// waits, hazards, losses, with records and marks of each; where there is a last resort, giving the host up. The
/// machine is made up; nobody is killed, and neither the kernel's log nor any evidence is told. It takes a second.
///
/// Afterwards the parts of the program that this takes are in memory (run/program_pages.h). On a real machine nothing
/// could be read any more once the disk of the program is frozen.
///
/// Watcher and finder (with what is below) are the real ones, for the calls that ask the kernel; the watcher is not
/// enabled yet; the last resort is rehearsed itself. `outlet` gets findings and notices that are none.
void rehearse(Watcher& watcher, BlockedTaskFinder& finder, const History& history, VigilOutlet& outlet,
              LastResort* last_resort);

/// For the finder: looks at tasks of this machine, and finds those that a rehearsal has made up where it asks for them.
void find_blocked_tasks_or_rehearse(const Look& look, const std::function<void(seen::BlockedTask)>& sink);

}  // namespace blkhang
