// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// Breaks a paragraph between words into lines of at most `columns` characters (a longer word keeps its length), the
/// first after `first_indent` and the others after as many spaces. Every line ends in a newline.
std::string wrap(std::string_view text, std::size_t columns, std::string_view first_indent = {});

/// Columns as wide as their widest cell, two spaces apart, nothing after the last cell of a line.
class Table {
public:
    enum class Align { left, right };
    explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
    /// As many cells as there are columns.
    void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    /// Every line after `indent` spaces.
    [[nodiscard]] std::string text(std::size_t indent) const;

private:
    std::vector<Align> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace blkhang
