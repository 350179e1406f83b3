// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/result.h"
#include "matrix/cell.h"

namespace blkhang {

/// How the process of a cell came to its end.
struct CellExit {
    enum class How { ended, not_started, overdue, interrupted };
    How how = How::ended;
    int code = 0;        ///< its exit code, if it ended
    std::string detail;  ///< why it did not start
    double seconds = 0;  ///< that it ran
};

/// Where cells run: the local machine starts a process per cell; another engine would hand the cell on.
struct CellEngine {
    std::function<Result<Child>(const Cell&)> start;
    std::function<std::chrono::seconds(const Cell&)> deadline;
};

struct CellEvents {
    std::function<void(const Cell&)> started;
    std::function<void(const Cell&, const CellExit&)> ended;
    std::function<void()> passing;  ///< every now and then
};

/// Runs the cells in their order, `jobs` at once. One that outlives its deadline is told to end, then killed; the
/// others go on. After an interrupt all are told to end, and none is started any more.
void run_cells(const std::vector<Cell>& cells, std::uint32_t jobs, const CellEngine& engine, const CellEvents& events);

}  // namespace blkhang
