// SPDX-License-Identifier: GPL-2.0-only
#include "klog/task_of_caller.h"

namespace blkhang {

using namespace kernel_text;

std::optional<TaskView> task_of_caller(std::string_view caller) {
    if (skip(caller, "T")) {
        const auto pid = whole_number(caller);
        return pid ? std::optional(TaskView{{}, *pid, {}}) : std::nullopt;
    }
    const auto sides = split(caller, ":");
    const auto pid = sides ? whole_number(sides->first) : std::nullopt;
    return pid ? std::optional(TaskView{trimmed(sides->second), *pid, {}}) : std::nullopt;
}

}  // namespace blkhang
