// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "matrix/cell.h"
#include "matrix/executor.h"

namespace blkhang {

/// How the process of a cell came to its end.
struct CellExit {
    enum class How { ended, not_started, overdue, interrupted };
    How how = How::ended;
    int code = 0;        ///< its exit code, if it ended
    std::string detail;  ///< why it did not start
    double seconds = 0;  ///< that it ran
};

/// Of a cell that is to run: the order for the executor, and how long it may take.
struct CellPlan {
    CellOrder order;
    std::chrono::milliseconds limit;
};

struct CellEvents {
    std::function<void(const Cell&)> started;
    std::function<void(const Cell&, const CellExit&)> ended;
    std::function<void()> passing;  ///< every now and then
};

/// How many at once, and how patiently.
struct CellPace {
    std::uint32_t jobs = 1;
    /// For a cell that is told to end: it stops its guest and writes what it has.
    std::chrono::milliseconds grace = std::chrono::seconds(20);
};

/// Runs the cells in their order. `plan` is asked when the cell's turn has come; an error means that it cannot start.
/// One that outlives its limit is told to end, then killed, unless the executor is a queue that does so itself; the
/// others go on. After an interrupt all are told to end, and none is started any more.
void run_cells(const std::vector<Cell>& cells, const CellPace& pace, Executor& executor,
               const std::function<Result<CellPlan>(const Cell&)>& plan, const CellEvents& events);

}  // namespace blkhang
