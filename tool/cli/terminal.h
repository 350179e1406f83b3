// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "report/text/record.h"

namespace blkhang {

/// Reports are laid out for widths from here to there: what is narrower breaks every table, what is wider every eye.
inline constexpr std::size_t kNarrowestReport = 60, kWidestReport = 160;
/// Where nobody says how wide.
inline constexpr std::size_t kReportColumns = 80;

/// A terminal of this kind can only have text appended to it. `term` is what TERM says, nullptr if nothing.
bool is_dumb(const char* term);
/// Standard error is a terminal on which a line can be drawn over again.
bool can_redraw_progress();
/// Standard output is a terminal: what is written first scrolls away.
bool scrolls_away();

/// How wide a report on standard output should be: as the terminal is, else as the environment's COLUMNS says, else 80
/// columns; within the bounds.
std::size_t report_columns();
/// The same for what was found out: 0 or nothing where it is not known.
std::size_t report_columns(std::size_t terminal, const char* columns_variable);

/// What --columns asks for; outside the bounds it is an error.
Result<std::size_t> parse_columns(std::string_view text);
/// What --stacks takes, in the order of Stacks.
inline constexpr auto kStacksWords = std::to_array<std::string_view>({"telling", "full"});
Result<Stacks> parse_stacks(std::string_view text);

}  // namespace blkhang
