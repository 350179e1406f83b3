// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "record/record.h"

namespace blkhang {

/// Record::Deadlock::kind of a circle of which something is inferred: it is no proof and is not drawn as one.
inline constexpr std::string_view kInferredCircle = "inferred";

/// Begins every line of a drawing, so that nothing that reads kernel logs takes it for lockdep's.
inline constexpr std::string_view kDrawingMark = "blkhang:";

/// The tasks of a deadlock in the manner of lockdep's scenarios: a column for each, time downwards, first what it took
/// and then what it waits for. Across columns no order is recorded; what all took stands before what all wait for.
///
///     blkhang:   churn[83]                trigger[79]
///     blkhang:   ---------                -----------
///     blkhang:   lock(pcpu_alloc_mutex);
///     blkhang:                            freeze(vdb);
///     blkhang:                            lock(pcpu_alloc_mutex);
///     blkhang:   enter queue(vdb);
///     blkhang:
///     blkhang:  *** DEADLOCK ***
///
/// No line is wider than `columns`, from 60 on. Tasks whose names do not fit side by side are numbered and named above;
/// tasks too many for columns take a line each.
std::string draw(const Record::Deadlock& deadlock, std::size_t columns);

}  // namespace blkhang
