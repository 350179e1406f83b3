// SPDX-License-Identifier: GPL-2.0-only
#include "watch/fresh_look.h"

#include "judge/stack_tells.h"

namespace blkhang {

bool is_found_waiting(const DeadlockTask& task, const seen::BlockedTask& look) {
    seen::Wait wait{};
    wait.pid = task.pid;
    wait.what = task.waits_for;
    const auto shown = shows_wait(look, wait);
    const bool cannot_be_shown = wait.what.kind == WaitKind::mutex && !wait.what.is_percpu_mutex();
    return look.state == 'D' && !look.stack.empty() &&
           (shown == WaitShown::the_wait || (cannot_be_shown && shown == WaitShown::nothing));
}

}  // namespace blkhang
