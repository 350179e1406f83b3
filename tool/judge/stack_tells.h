// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/observation.h"

namespace blkhang {

/// What a look at a task shows of a wait that it is believed to be in.
enum class WaitShown { nothing, the_wait, another_place };
/// By the stack, where there is one: a state alone neither shows the wait (a task may sleep elsewhere) nor another
/// place (who waits for a mutex that it owns spins, for it sees the owner run: mutex_spin_on_owner() in
/// kernel/locking/mutex.c). /proc/PID/stack leaves out what is in .sched.text, as most of the mutex code is.
WaitShown shows_wait(const seen::BlockedTask& task, const seen::Wait& wait);

/// The stack shows not only the wait but also what others wait for meanwhile: pages being got for a chunk, which is
/// done with pcpu_alloc_mutex held (mm/percpu.c), or one of the functions that keep a queue frozen while they allocate.
bool shows_role(const seen::BlockedTask& task, const seen::Wait& wait);

/// The stack shows one of those functions.
bool shows_freezer(const seen::BlockedTask& task);

}  // namespace blkhang
