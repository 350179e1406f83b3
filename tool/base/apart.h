// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace blkhang {

/// What the work answers, done in a child process: it may ask a kernel that hangs, and never return from there. Nothing
/// if it has not answered by the deadline, or died; then the child is killed, or left behind, since in the kernel it
/// may be deaf to every signal.
Result<std::optional<std::string>> answer_apart(const std::function<std::string()>& work, Deadline deadline);

}  // namespace blkhang
