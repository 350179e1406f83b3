// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "matrix/cell.h"
#include "matrix/scheduler.h"
#include "record/matrix.h"
#include "record/record.h"

namespace blkhang {

/// What the record of a cell says, for the matrix.
CellResult result_of(const Cell& cell, const Record& record);

/// A cell about whose kernel nothing is known: there is no record, or none that can be read.
CellResult result_without_record(const Cell& cell, std::string reason);

/// Why a cell whose process ended like this has no record, in words; `log` is what the process said.
std::string explain(const CellExit& exit, std::string_view log);

}  // namespace blkhang
