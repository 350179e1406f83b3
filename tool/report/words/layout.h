// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// Breaks a paragraph, of which one_line() is taken, between words into lines of at most `columns` characters (a longer
/// word keeps its length), the first after `first_indent` and the others after as many spaces. Every line ends in a
/// newline.
std::string wrap(std::string_view text, std::size_t columns, std::string_view first_indent = {});

/// A text with no line wider than `columns`: what is longer is broken between words, or inside one that is longer by
/// itself, and goes on below where its first word began. A command, which begins with "$ ", is broken as a shell
/// allows, and no word of it, with all its blanks: it must still work when it is copied.
std::string fitted(std::string_view text, std::size_t columns);

/// Columns as wide as their widest cell, two spaces apart, nothing after the last cell of a line.
class Table {
public:
    enum class Align {
        left,
        right,
        cut,  ///< left; what does not fit loses its middle
    };
    explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
    /// As many cells as there are columns; of each, what is printable.
    void row(const std::vector<std::string>& cells);
    /// Every line after `indent` spaces. Columns that may be cut give way, the last one first, until a line takes no
    /// more than `columns`, as far as they can.
    [[nodiscard]] std::string text(std::size_t indent, std::size_t columns = std::string::npos) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t columns) const;

    std::vector<Align> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace blkhang
