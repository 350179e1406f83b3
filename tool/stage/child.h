// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <functional>

#include "base/result.h"
#include "stage/ledger.h"

namespace blkhang {

/// Does `work` in a process of its own, which is called `name` in evidence, dies with this one, and ends when `work`
/// returns. The ledger is told its number before it begins. Its pid; nobody reaps it.
Result<pid_t> start_child(Ledger& ledger, const char* name, const std::function<void()>& work);

}  // namespace blkhang
