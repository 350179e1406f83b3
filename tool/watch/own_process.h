// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// What each process that a watch forks does first: it is told apart by a name, gets a signal when its parent dies (0:
/// none), and heeds no signal that is meant for the one that was started.
void become(const char* name, int signal_of_parents_death);

}  // namespace blkhang
