// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "judge/judge.h"
#include "klog/kernel_log.h"

namespace blkhang {

/// One sentence: how what the kernel said relates to what was proven here, if anything was. Of a stack or a warning of
/// lockdep it tells what `blkhang diagnose` reads in it, of a kernel of this release; of the eBPF record nothing goes
/// into that. No verdict rests on it.
std::string second_opinion(const KernelReport& report, const std::optional<Deadlock>& deadlock,
                           std::string_view release = {});

/// Lockdep warned of pcpu_alloc_mutex, of reclaim, or of a request queue or one of its locks; or of which locks cannot
/// be read.
bool names_locks_of_family(const KernelReport& report);

}  // namespace blkhang
