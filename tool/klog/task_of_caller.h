// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>

#include "klog/kernel_text.h"

namespace blkhang {

/// The task that printed a line, by its caller: `T811` of PRINTK_CALLER, `811:modprobe` of vendors' kernels. Nothing if
/// that is a CPU.
std::optional<kernel_text::TaskView> task_of_caller(std::string_view caller);

}  // namespace blkhang
