// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "guest/progress.h"
#include "matrix/cell.h"
#include "record/matrix.h"
#include "record/verdict_counts.h"

namespace blkhang {

/// How far a matrix is. Pure.
class MatrixState {
public:
    explicit MatrixState(const std::vector<Cell>& planned);

    void started(const Cell& cell, std::uint64_t now_ns);
    void ended(const CellResult& result);

    /// "matrix 7/20, 2 running, 85 s".
    [[nodiscard]] std::string headline(std::uint64_t now_ns) const;
    /// The headline and a row per subject: verdicts so far, what runs and for how long, what waits.
    [[nodiscard]] std::vector<std::string> table(std::uint64_t now_ns) const;
    /// "7/20 deb:6.1 kvm-2011 with sync-alloc planted, 2nd run: hang".
    [[nodiscard]] std::string line(const CellResult& result) const;

private:
    struct Row {
        VerdictCounts verdicts;
        std::map<std::string, std::uint64_t> running;  ///< since when, by cell id
        std::multiset<std::uint64_t> since;            ///< the same, the longest first
        std::uint32_t waiting = 0;
    };
    std::vector<Subject> order_;
    std::map<Subject, Row> rows_;
    std::size_t planned_;
    std::size_t done_ = 0;
    std::uint64_t start_ns_ = 0;
};

/// Shows a MatrixState: on a terminal as a table that is redrawn, elsewhere as a line per ended cell.
class MatrixDisplay {
public:
    /// Writes to `fd`, which stays the caller's.
    MatrixDisplay(int fd, Progress::Kind kind, const std::vector<Cell>& planned);
    MatrixDisplay(const MatrixDisplay&) = delete;
    MatrixDisplay& operator=(const MatrixDisplay&) = delete;
    ~MatrixDisplay();  ///< takes the table away

    void preparing(const std::string& kernel);
    void started(const Cell& cell);
    void ended(const CellResult& result);
    void passing();  ///< redraws now and then

private:
    void draw();
    void erase();

    int fd_;
    Progress::Kind kind_;
    MatrixState state_;
    std::size_t drawn_lines_ = 0;
    std::uint64_t drawn_ns_ = 0;
};

}  // namespace blkhang
