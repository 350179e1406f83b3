// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "record/record.h"

namespace blkhang {

/// What somebody was doing as the cycle closed, by the tasks' stacks: "writing queue/scheduler of the swap disk vdb".
/// Empty where none of them tells.
std::string what_was_done(const Record::Deadlock& deadlock);

/// Each task by its function rather than by its name, the one that did it first: "elv_iosched_store() has queue vdb
/// frozen and waits in pcpu_alloc() for pcpu_alloc_mutex; array_map_alloc() owns pcpu_alloc_mutex and waits in
/// __bio_queue_enter() for frozen queue vdb".
std::string in_functions(const Record::Deadlock& deadlock);

/// Others wait for a queue that it has frozen.
bool has_queue_frozen(const Record::Task& task);

/// By the tasks' names, in the order of the cycle, as the judge words the reason for its verdict.
std::string by_names(const Record::Deadlock& deadlock);

}  // namespace blkhang
