// SPDX-License-Identifier: GPL-2.0-only
#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/number.h"

namespace blkhang {
bool is_dumb(const char* term) { return term != nullptr && std::string_view(term) == "dumb"; }

bool can_redraw_progress() { return ::isatty(STDERR_FILENO) == 1 && !is_dumb(std::getenv("TERM")); }

bool scrolls_away() { return ::isatty(STDOUT_FILENO) == 1; }

std::size_t report_columns() {
    winsize size{};
    const bool is_terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return report_columns(is_terminal ? size.ws_col : 0, std::getenv("COLUMNS"));
}

std::size_t report_columns(std::size_t terminal, const char* columns_variable) {
    const std::size_t said = columns_variable == nullptr ? 0 : number_in<std::size_t>(columns_variable).value_or(0);
    const std::size_t columns = terminal != 0 ? terminal : said != 0 ? said : kReportColumns;
    return std::clamp(columns, kNarrowestReport, kWidestReport);
}

Result<std::size_t> parse_columns(std::string_view text) {
    const auto columns = number_in<std::size_t>(text);
    if (!columns || *columns < kNarrowestReport || *columns > kWidestReport) {
        return fail(Fault::usage, fmt::format("--columns is a number from {} to {}, not '{}'", kNarrowestReport,
                                              kWidestReport, text));
    }
    return *columns;
}

Result<Stacks> parse_stacks(std::string_view text) {
    const auto found = std::ranges::find(kStacksWords, text);
    if (found == kStacksWords.end()) {
        return fail(Fault::usage, fmt::format("--stacks is telling or full, not '{}'", text));
    }
    return static_cast<Stacks>(found - kStacksWords.begin());
}

}  // namespace blkhang
