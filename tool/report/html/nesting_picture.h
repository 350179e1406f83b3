// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "record/record.h"
#include "report/html/lock_graph.h"

namespace blkhang {

/// Which scope was entered inside which, and how often; with the edges that close a cycle through a lock, where the
/// nesting seen has one.
LockGraph nesting_picture(const Record& record);

}  // namespace blkhang
