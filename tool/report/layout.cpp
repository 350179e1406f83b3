// SPDX-License-Identifier: GPL-2.0-only
#include "report/layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace blkhang {

std::string wrap(std::string_view text, std::size_t columns, std::string_view first_indent) {
    const std::string other_indent(first_indent.size(), ' ');
    std::string result;
    std::string line(first_indent);
    bool empty = true;
    while (!text.empty()) {
        const auto space = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, space);
        text.remove_prefix(std::min(space + 1, text.size()));
        if (word.empty()) {
            continue;
        }
        if (!empty && line.size() + 1 + word.size() > columns) {
            result += line + "\n";
            line = other_indent;
            empty = true;
        }
        if (!empty) {
            line += ' ';
        }
        line += word;
        empty = false;
    }
    return empty ? result : result + line + "\n";
}

std::string Table::text(std::size_t indent) const {
    constexpr std::size_t kGap = 2;
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string result;
    for (const auto& row : rows_) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += columns_[i] == Align::left ? fmt::format("{:<{}}", row[i], widths[i])
                                               : fmt::format("{:>{}}", row[i], widths[i]);
            line.append(kGap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        result += line + "\n";
    }
    return result;
}

}  // namespace blkhang
