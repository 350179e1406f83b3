// SPDX-License-Identifier: GPL-2.0-only
#include "machine/preemption.h"

#include "base/file.h"

namespace blkhang {

bool preempts_in_kernel(std::string_view model, std::string_view version) {
    for (const std::string_view yielding : {"(none)", "(voluntary)"}) {
        if (model.find(yielding) != std::string_view::npos) {
            return false;
        }
    }
    return !model.empty() || version.find("PREEMPT") != std::string_view::npos;
}

bool preempts_in_kernel(const HostRoots& roots) {
    return preempts_in_kernel(read_file(roots.sys / "kernel/debug/sched/preempt").value_or(""),
                              read_file(roots.proc / "sys/kernel/version").value_or("PREEMPT"));
}

}  // namespace blkhang
