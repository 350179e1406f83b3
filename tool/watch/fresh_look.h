// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/judge.h"

namespace blkhang {

/// Does this look at a task of a cycle show it asleep in the very wait of the cycle? For a mutex of a queue, of which
/// not all places are known where it is taken, it is enough that the stack shows no other wait.
bool is_found_waiting(const DeadlockTask& task, const seen::BlockedTask& look);

}  // namespace blkhang
