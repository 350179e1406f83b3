// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/matrix.h"
#include "record/tally.h"
#include "report/compare/compare.h"

namespace blkhang {

/// One of several matrices, and what it is called among them.
struct NamedMatrix {
    std::string name;
    Matrix matrix;
};

/// A kernel that somebody could tell from others, by whatever name it was asked for.
struct HistoryVersion {
    std::string name;     ///< "Debian 6.1.192-2", "v6.18.3"; where that is unknown the release, or what was asked for
    std::string release;  ///< uname -r; empty if it never said
    std::string series;   ///< "v6.1"; empty if it has no place among the others
    bool exact = false;   ///< false if of its place no more than the series is known
};

/// What became of one profile on one version, over all matrices.
struct HistoryCell {
    Tally tally;
    struct Runs {
        std::size_t matrix;  ///< which
        std::vector<const CellResult*> cells;
    };
    std::vector<Runs> runs;           ///< in the order of the matrices
    std::optional<std::size_t> step;  ///< that led to this version
};

/// A profile on two versions, of which it was run on none in between so that it said something.
struct HistoryStep {
    std::size_t row, before, after;  ///< profile; versions
    Comparison comparison;           ///< of that one pair
    [[nodiscard]] const ComparedPair& pair() const { return comparison.pairs.front(); }
};

/// Figures over time: profiles by kernel versions. Companions that calibrate are no part of it, but take back what they
/// do in a matrix.
class MatrixHistory {
public:
    /// Points into the matrices, which have to outlive it where they are. Names of kernels are told apart by release
    /// and label, since `deb:6.1` is another kernel each month.
    explicit MatrixHistory(const std::vector<NamedMatrix>& matrices);

    /// From old to new by upstream's order; at the end of a series those of which no more is known, and last those of
    /// which nothing is.
    [[nodiscard]] const std::vector<HistoryVersion>& versions() const { return versions_; }
    /// "kvm-2011", "kvm-2011/sync-alloc".
    [[nodiscard]] const std::vector<std::string>& rows() const { return rows_; }
    /// Null if there was no such run.
    [[nodiscard]] const HistoryCell* at(std::size_t row, std::size_t version) const;
    /// Row by row, from old to new; none where it is unknown which of two is the newer.
    [[nodiscard]] const std::vector<HistoryStep>& steps() const { return steps_; }
    /// Of the steps, those that could have shown a difference, since something failed on a side.
    [[nodiscard]] std::size_t telling_steps() const;
    [[nodiscard]] std::size_t runs() const { return runs_; }

private:
    std::vector<HistoryVersion> versions_;
    std::vector<std::string> rows_;
    std::map<std::pair<std::size_t, std::size_t>, HistoryCell> cells_;
    std::vector<HistoryStep> steps_;
    std::size_t runs_ = 0;
};

/// Does chance not explain the difference?
bool is_beyond_chance(const HistoryStep& step);

}  // namespace blkhang
