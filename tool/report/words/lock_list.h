// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// What lockdep listed of the tasks of a cycle, and of all others. Words are those of strangers, not yet made fit for
/// anything.
struct LockList {
    struct Row {
        std::string task;   ///< "dd[811]"
        std::string locks;  ///< "&of->mutex (kernfs_fop_write_iter), pcpu_alloc_mutex"
    };
    std::vector<Row> of_cycle, of_others;
    std::string note;  ///< a sentence on what the list is; empty where there is none
};
LockList lock_list(const Record& record);

/// Above it.
inline constexpr std::string_view kLockListHeading = "Locks held, as lockdep lists them";

}  // namespace blkhang
