// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "guest/progress.h"
#include "matrix/directory.h"
#include "matrix/executor.h"
#include "record/matrix.h"

namespace blkhang {

/// Runs what is missing of the matrix in this directory, cells where the executor does, and leaves matrix.json there.
/// An error means that nothing could be run at all; what goes wrong with a cell is that cell's result. An interrupt
/// ends it early: what was done by then counts.
Result<Matrix> run_matrix(const MatrixDirectory& directory, Executor& executor, Progress::Kind progress);

}  // namespace blkhang
