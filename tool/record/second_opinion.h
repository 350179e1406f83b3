// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>

#include "judge/judge.h"
#include "klog/kernel_log.h"

namespace blkhang {

/// One sentence: how what the kernel said relates to what was proven here, if anything was. It says nothing that the
/// two do not say themselves, and no verdict rests on it.
std::string second_opinion(const KernelReport& report, const std::optional<Deadlock>& deadlock);

/// Lockdep warned of pcpu_alloc_mutex, of reclaim, or of a request queue or one of its locks; or of which locks cannot
/// be read.
bool names_locks_of_family(const KernelReport& report);

}  // namespace blkhang
