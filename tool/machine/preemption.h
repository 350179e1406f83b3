// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "machine/facts.h"

namespace blkhang {

/// Does the running kernel preempt tasks inside itself, as PREEMPT, PREEMPT_RT and PREEMPT_LAZY kernels do? Asks
/// debugfs, which must be mounted, where the model is chosen at boot. Where that cannot be read: "yes", the answer that
/// costs time instead of certainty.
bool preempts_in_kernel(const HostRoots& roots = {});

/// `model` is what sched/preempt in debugfs says ("none (voluntary) full"; empty where there is no such file),
/// `version` is uname's ("#1 SMP PREEMPT_DYNAMIC Debian ..").
bool preempts_in_kernel(std::string_view model, std::string_view version);

}  // namespace blkhang
