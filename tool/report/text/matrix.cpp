// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/printable.h"
#include "base/text_width.h"
#include "report/words/layout.h"
#include "report/words/matrix_grid.h"
#include "report/words/paint.h"

namespace blkhang {
namespace {

constexpr std::size_t kTableIndent = 2;
constexpr std::size_t kTableGap = 2;

/// Runs that said nothing about the kernel. They are in no rate, and must not vanish behind a verdict that outweighs
/// theirs.
VerdictCounts silent(const Tally& tally) {
    VerdictCounts counts = tally.verdicts;
    std::erase_if(counts, [](const auto& entry) { return entry.first == Verdict::clean || is_failure(entry.first); });
    return counts;
}

class MatrixReport {
public:
    MatrixReport(const Matrix& matrix, const TextOptions& options)
        : matrix_(matrix), options_(options), tallies_(tally(matrix)), grid_(tallies_) {
        for (const std::string& column : grid_.columns()) {
            auto& width = widths_[column] = display_width(printable(column));
            for (const std::string& kernel : grid_.kernels()) {
                const Tally* tally = grid_.at(kernel, column);
                width = std::max(width, tally == nullptr ? 0 : cell_text(*tally).size());
            }
        }
    }

    std::string render() {
        text_ = fmt::format("{}  {}\n", headline(overall(tallies_), options_.colour), extent_of(matrix_));
        tables();
        legend();
        attention();
        kernels();
        return std::move(text_);
    }

private:
    void heading(std::string_view text) { text_ += fmt::format("\n{}\n", painted(text, kBold, options_.colour)); }

    [[nodiscard]] std::size_t width(const std::string& column) const { return widths_.at(column); }

    void tables() {
        std::size_t kernel_width = 0;
        for (const std::string& kernel : grid_.kernels()) {
            kernel_width = std::max(kernel_width, display_width(printable(kernel)));
        }
        auto first = grid_.columns().begin();
        while (first != grid_.columns().end()) {
            std::size_t used = kTableIndent + kernel_width + kTableGap + width(*first);
            auto last = first + 1;
            while (last != grid_.columns().end() && used + kTableGap + width(*last) <= options_.columns) {
                used += kTableGap + width(*last);
                ++last;
            }
            block(kernel_width, {first, last});
            first = last;
        }
    }

    void block(std::size_t kernel_width, const std::vector<std::string>& columns) {
        std::string line(kTableIndent + kernel_width, ' ');
        for (const std::string& column : columns) {
            line += fmt::format("{:{}}{:<{}}", "", kTableGap, printable(column), width(column));
        }
        text_ += '\n';
        add_line(line);
        for (const std::string& kernel : grid_.kernels()) {
            line = fmt::format("{:{}}{:<{}}", "", kTableIndent, printable(kernel), kernel_width);
            for (const std::string& column : columns) {
                line.append(kTableGap, ' ');
                line += cell(grid_.at(kernel, column), width(column));
            }
            add_line(line);
        }
    }

    /// Padded first and painted then: escape sequences have no width.
    [[nodiscard]] std::string cell(const Tally* tally, std::size_t width) const {
        if (tally == nullptr) {
            return fmt::format("{:<{}}", "-", width);
        }
        const std::string text = fmt::format("{:<{}}", cell_text(*tally), width);
        const auto verdict = to_string(tally->verdict);
        return painted(verdict, colour_of(tally->verdict), options_.colour) + text.substr(verdict.size());
    }
    void add_line(std::string_view line) {
        text_ += line.substr(0, line.find_last_not_of(' ') + 1);
        text_ += '\n';
    }

    void legend() {
        std::string legend =
            "Worst verdict; runs that failed of those that said something; 95% interval of the failure rate, or its "
            "95% upper bound (<=) when none failed; runs that said nothing.";
        if (std::any_of(tallies_.begin(), tallies_.end(), [](const Tally& each) { return each.calibration; })) {
            legend += " * calibrates: would the planted bug be seen in this kernel?";
        }
        text_ += '\n';
        text_ += wrap(legend, options_.columns, "  ");
    }

    void attention() {
        const bool cut_short = matrix_.cells.size() < matrix_.planned;
        if (!cut_short && std::none_of(tallies_.begin(), tallies_.end(), needs_attention)) {
            return;
        }
        heading("What needs attention");
        if (cut_short) {
            text_ += wrap(fmt::format("cut short: {} of {} runs are missing; --resume makes up for them",
                                      matrix_.planned - matrix_.cells.size(), matrix_.planned),
                          options_.columns, "  - ");
        }
        for (const Tally& each : tallies_) {
            if (needs_attention(each)) {
                text_ += wrap(fmt::format("{}{}: {}", describe(each.subject), each.calibration ? ", to calibrate" : "",
                                          to_string(each.verdict)),
                              options_.columns, "  - ");
                for (const std::string& reason : each.reasons) {
                    text_ += wrap(reason, options_.columns, "      ");
                }
            }
        }
    }

    void kernels() {
        heading("Kernels");
        for (const std::string& line : grid_.releases()) {
            text_ += wrap(line, options_.columns, "  ");
        }
    }

    const Matrix& matrix_;
    const TextOptions& options_;
    std::vector<Tally> tallies_;
    MatrixGrid grid_;
    std::map<std::string, std::size_t> widths_;  ///< by column
    std::string text_;
};

}  // namespace

std::string extent_of(const Matrix& matrix) {
    std::set<std::string_view> kernels;
    VerdictCounts stock, planted;
    for (const CellResult& cell : matrix.cells) {
        kernels.insert(cell.subject.kernel);
        if (!cell.calibration) {
            ++(cell.subject.plant.empty() ? stock : planted)[cell.verdict];
        }
    }
    const auto counted = [](std::string_view what, const VerdictCounts& verdicts) {
        return verdicts.empty() ? "" : fmt::format("{} {}", what, in_words(verdicts));
    };
    return fmt::format("{} kernel{}, {} of {} runs{}{}", kernels.size(), kernels.size() == 1 ? "" : "s",
                       matrix.cells.size(), matrix.planned, counted(":", stock),
                       counted("; with a bug planted:", planted));
}

bool needs_attention(const Tally& tally) {
    const bool is_to_hang = tally.calibration || must_hang(tally.subject.plant);
    return !silent(tally).empty() || tally.verdict != (is_to_hang ? Verdict::hang : Verdict::clean);
}

std::string cell_text(const Tally& tally) {
    const auto& rate = tally.rate;
    if (rate.conclusive() == 0) {
        std::uint32_t runs = 0;
        for (const auto& [verdict, count] : tally.verdicts) {
            runs += count;
        }
        return fmt::format("{} x{}", to_string(tally.verdict), runs);
    }
    const VerdictCounts beside = silent(tally);
    const std::string rest = beside.empty() ? "" : fmt::format(", {}", in_words(beside));
    if (rate.failed == 0) {
        return fmt::format("{} 0/{} <={}{}", to_string(tally.verdict), rate.passed, percent(rate.high), rest);
    }
    std::string low = percent(rate.low);
    low.pop_back();
    return fmt::format("{} {}/{} {}-{}{}", to_string(tally.verdict), rate.failed, rate.conclusive(), low,
                       percent(rate.high), rest);
}

std::string render_matrix(const Matrix& matrix, const TextOptions& options) {
    return MatrixReport(matrix, options).render();
}

}  // namespace blkhang
