// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/display.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "base/clock.h"
#include "base/shown.h"
#include "base/text_width.h"
#include "base/units.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kRedrawNs = kNsPerS / 2;
constexpr std::size_t kListed = 8;  // runs of a row by themselves: a cluster has thousands

std::uint64_t seconds(std::uint64_t from_ns, std::uint64_t to_ns) {
    return to_ns > from_ns ? (to_ns - from_ns) / kNsPerS : 0;
}

struct Size {
    std::size_t rows = 24, columns = 80;
};

Size terminal_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        return {};
    }
    return {size.ws_row, size.ws_col};
}

}  // namespace

MatrixState::MatrixState(const std::vector<Cell>& planned) : planned_(planned.size()), start_ns_(monotonic_ns()) {
    for (const Cell& cell : planned) {
        if (rows_.find(cell.subject) == rows_.end()) {
            order_.push_back(cell.subject);
        }
        rows_[cell.subject].waiting++;
    }
}

void MatrixState::started(const Cell& cell, std::uint64_t now_ns) {
    Row& row = rows_[cell.subject];
    row.running[cell.id] = now_ns;
    row.since.insert(now_ns);
    row.waiting--;
}

void MatrixState::ended(const CellResult& result) {
    Row& row = rows_[result.subject];
    if (const auto ran = row.running.find(result.id); ran != row.running.end()) {
        row.since.erase(row.since.find(ran->second));
        row.running.erase(ran);
    } else {
        row.waiting--;  // it never ran here: done before, or refused
    }
    row.verdicts[result.verdict]++;
    done_++;
}

std::string MatrixState::headline(std::uint64_t now_ns) const {
    std::size_t running = 0;
    for (const auto& [subject, row] : rows_) {
        running += row.running.size();
    }
    return fmt::format("matrix {}/{}, {} running, {} s", done_, planned_, running, seconds(start_ns_, now_ns));
}

std::vector<std::string> MatrixState::table(std::uint64_t now_ns) const {
    std::size_t width = 0;
    for (const Subject& subject : order_) {
        width = std::max(width, display_width(printable(describe(subject))));
    }
    std::vector<std::string> lines{headline(now_ns)};
    for (const Subject& subject : order_) {
        const Row& row = rows_.at(subject);
        std::vector<std::string> parts;
        for (const auto& [verdict, count] : row.verdicts) {
            parts.push_back(fmt::format("{} {}", to_string(verdict), count));
        }
        if (row.running.size() > kListed) {
            parts.push_back(
                fmt::format("{} running, for {} s at most", row.running.size(), seconds(*row.since.begin(), now_ns)));
        } else {
            for (const std::uint64_t since_ns : row.since) {
                parts.push_back(fmt::format("running {} s", seconds(since_ns, now_ns)));
            }
        }
        if (row.waiting > 0) {
            parts.push_back(fmt::format("waiting {}", row.waiting));
        }
        lines.push_back(fmt::format("  {:<{}}  {}", printable(describe(subject)), width, fmt::join(parts, ", ")));
    }
    return lines;
}

std::string MatrixState::line(const CellResult& result) const {
    std::string text =
        fmt::format("{}/{} {}, {} {}: {}", done_, planned_, describe(result.subject),
                    result.calibration ? "calibration" : "run", result.repeat, to_string(result.verdict));
    if (result.total_s > 0) {
        text += fmt::format(", {:.1f} s", result.total_s);
    }
    if (result.verdict != Verdict::clean && !result.reasons.empty()) {
        text += fmt::format(" ({})", result.reasons.front());
    }
    return text;
}

MatrixDisplay::MatrixDisplay(int fd, Progress::Kind kind, const std::vector<Cell>& planned)
    : fd_(fd), kind_(kind), state_(planned) {}

MatrixDisplay::~MatrixDisplay() { erase(); }

void MatrixDisplay::preparing(const std::string& kernel) {
    if (kind_ == Progress::Kind::plain) {
        static_cast<void>(show(fd_, shown("preparing {}\n", kernel)));
    } else if (kind_ == Progress::Kind::live) {
        erase();
        static_cast<void>(show(fd_, shown("preparing {}\n", kernel)));
        drawn_lines_ = 1;
    }
}

void MatrixDisplay::started(const Cell& cell) {
    state_.started(cell, monotonic_ns());
    passing();  // thousands may start at once
}

void MatrixDisplay::ended(const CellResult& result) {
    state_.ended(result);
    if (kind_ == Progress::Kind::plain) {
        static_cast<void>(show(fd_, shown("{}\n", state_.line(result))));
    }
    draw();
}

void MatrixDisplay::passing() {
    if (monotonic_ns() - drawn_ns_ >= kRedrawNs) {
        draw();
    }
}

void MatrixDisplay::draw() {
    if (kind_ != Progress::Kind::live) {
        return;
    }
    const Size size = terminal_size(fd_);
    auto lines = state_.table(monotonic_ns());
    if (lines.size() >= size.rows) {
        lines.resize(1);  // what scrolls cannot be redrawn
    }
    erase();
    Shown text = shown("");
    for (const std::string& line : lines) {
        text = shown("{}{}\n", text, head_columns(printable(line), size.columns - 1));
    }
    static_cast<void>(show(fd_, text));
    drawn_lines_ = lines.size();
    drawn_ns_ = monotonic_ns();
}

void MatrixDisplay::erase() {
    if (drawn_lines_ > 0) {
        static_cast<void>(show(fd_, shown("\x1b[{}A\x1b[J", drawn_lines_)));
        drawn_lines_ = 0;
    }
}

}  // namespace blkhang
