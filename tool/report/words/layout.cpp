// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/shell.h"
#include "base/text_width.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr std::size_t kGap = 2;

/// Is it no wider? Looks no further than it has to.
bool is_within(std::string_view text, std::size_t columns) { return head_columns(text, columns).size() == text.size(); }

enum class LongWords { keep, cut };

/// Where to break a line that does not fit: before the last word that does not, or inside or after the first.
std::size_t break_at(std::string_view text, std::size_t columns, LongWords long_words) {
    const std::size_t bytes = head_columns(text, columns).size();
    const auto blank = text.rfind(' ', bytes);
    if (blank != std::string_view::npos && text.find_first_not_of(' ') < blank) {
        return blank;
    }
    if (long_words == LongWords::cut) {
        return std::max(bytes, first_glyph(text).bytes);
    }
    return std::min(text.find(' ', bytes), text.size());
}

std::string broken(std::string_view text, std::size_t columns, std::string_view first_indent, LongWords long_words) {
    const std::string other_indent(display_width(first_indent), ' ');
    const std::size_t room = columns > other_indent.size() ? columns - other_indent.size() : 1;
    std::string result(first_indent);
    while (!is_within(text, room)) {
        const std::size_t at = break_at(text, room, long_words);
        const std::string_view line = text.substr(0, at);
        text.remove_prefix(std::min(text.find_first_not_of(' ', at), text.size()));
        result += line.substr(0, line.find_last_not_of(' ') + 1);
        if (text.empty()) {
            return result;
        }
        result += fmt::format("\n{}", other_indent);
    }
    return result.append(text);
}

/// Between words as a shell sees them, each as it is: blanks inside quotes are of a word.
std::string broken_command(std::string_view command, std::size_t columns, std::string_view prompt) {
    constexpr std::string_view kEnd = " \\";
    const std::string other_indent(display_width(prompt), ' ');
    const auto starts = shell_word_starts(command);
    std::string result(prompt);
    std::size_t taken = other_indent.size();
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const bool last = i + 1 == starts.size();
        std::string_view word = command.substr(starts[i], last ? std::string_view::npos : starts[i + 1] - starts[i]);
        word = last ? word : word.substr(0, word.find_last_not_of(' ') + 1);
        const std::size_t width = display_width(word);
        if (i > 0 && taken + 1 + width + (last ? 0 : kEnd.size()) > columns) {
            result += fmt::format("{}\n{}", kEnd, other_indent);
            taken = other_indent.size();
        } else if (i > 0) {
            result += ' ';
            ++taken;
        }
        result += word;
        taken += width;
    }
    return result;
}

std::string fitted_line(std::string_view line, std::size_t columns) {
    constexpr std::string_view kBullet = "- ";
    constexpr std::string_view kPrompt = "$ ";
    if (is_within(line, columns)) {
        return std::string(line);
    }
    std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (line.substr(indent).starts_with(kPrompt)) {
        const std::size_t before = indent + kPrompt.size();
        return broken_command(line.substr(before), columns, line.substr(0, before));
    }
    if (line.substr(indent).starts_with(kBullet)) {
        indent += kBullet.size();
    }
    return broken(line.substr(indent), columns, line.substr(0, indent), LongWords::cut);
}

}  // namespace

std::string wrap(std::string_view text, std::size_t columns, std::string_view first_indent) {
    const std::string words = one_line(text);
    return words.empty() ? "" : broken(words, columns, first_indent, LongWords::keep) + "\n";
}

std::string fitted(std::string_view text, std::size_t columns) {
    std::string result;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        result += fitted_line(text.substr(0, newline), columns);
        if (newline == std::string_view::npos) {
            break;
        }
        result += '\n';
        text.remove_prefix(newline + 1);
    }
    return result;
}

void Table::row(const std::vector<std::string>& cells) {
    auto& added = rows_.emplace_back();
    std::ranges::transform(cells, std::back_inserter(added), printable);
}

std::vector<std::size_t> Table::widths(std::size_t columns) const {
    constexpr std::size_t kNarrowest = 8;
    constexpr std::size_t kWidest = 200;  // what is wider sticks out, so that one long cell does not lengthen every row
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], std::min(display_width(row[i]), kWidest));
        }
    }
    std::size_t total = kGap * (widths.size() - 1);
    for (const auto width : widths) {
        total += width;
    }
    for (std::size_t i = widths.size(); i-- > 0 && total > columns;) {
        if (columns_[i] == Align::cut && widths[i] > kNarrowest) {
            const std::size_t given = std::min(total - columns, widths[i] - kNarrowest);
            widths[i] -= given;
            total -= given;
        }
    }
    return widths;
}

std::string Table::text(std::size_t indent, std::size_t columns) const {
    const auto widths = this->widths(columns > indent ? columns - indent : 0);
    std::string result;
    for (const auto& row : rows_) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = columns_[i] == Align::cut ? cut_middle(row[i], widths[i]) : row[i];
            line += columns_[i] == Align::right ? fmt::format("{:>{}}", cell, widths[i])
                                                : fmt::format("{:<{}}", cell, widths[i]);
            line.append(kGap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        result += line + "\n";
    }
    return result;
}

}  // namespace blkhang
