// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/outcome.h"

#include <fmt/format.h>

namespace blkhang {
namespace {

/// What the cell knows better than its record.
CellResult named(CellResult result, const Cell& cell) {
    result.id = cell.id;
    result.subject = cell.subject;
    result.repeat = cell.repeat;
    result.calibration = cell.calibration;
    result.calibrated_by = cell.calibrated_by;
    if (!cell.loads_node() || result.label.empty()) {
        result.label = cell.label;
    }
    if (result.release.empty()) {
        result.release = cell.release;
    }
    return result;
}

std::string_view last_line(std::string_view log) {
    log = log.substr(0, log.find_last_not_of('\n') + 1);
    return log.substr(log.rfind('\n') + 1);
}

}  // namespace

CellResult result_of(const Cell& cell, const Record& record) { return named(result_of(record), cell); }

CellResult result_without_record(const Cell& cell, std::string reason) {
    CellResult result = named({}, cell);
    result.verdict = Verdict::error;
    result.reasons = {std::move(reason)};
    return result;
}

std::string explain(const CellExit& exit, std::string_view log) {
    switch (exit.how) {
        case CellExit::How::not_started:
            return fmt::format("not started: {}", exit.detail);
        case CellExit::How::overdue:
            return fmt::format("no record within {:.0f} s, the cell's deadline", exit.seconds);
        case CellExit::How::interrupted:
            return "interrupted";
        case CellExit::How::ended:
            break;
    }
    const auto said = last_line(log);
    return said.empty() ? fmt::format("ended with status {}, without a record", exit.code) : std::string(said);
}

}  // namespace blkhang
