// SPDX-License-Identifier: GPL-2.0-only
#include "report/history/history.h"

#include <algorithm>
#include <set>

#include "report/compare/statistics.h"
#include "report/history/versions.h"
#include "report/words/matrix_grid.h"

namespace blkhang {
namespace {

/// A profile with what was planted.
using ProfileRow = std::pair<std::string, std::string>;

/// The runs of one version, of whatever matrix: what they came to together.
class Pool {
public:
    explicit Pool(const std::vector<NamedMatrix>& matrices, std::string version)
        : matrices_(matrices), version_(std::move(version)) {}

    void add(std::size_t matrix, const CellResult& cell) {
        const Subject& subject = cell.subject;
        if (!cell.calibration) {
            rows_[{subject.profile, subject.plant}].push_back({matrix, &cell});
        }
        if (!subject.plant.empty()) {
            planted_[subject.profile].push_back({matrix, &cell});
        }
    }

    [[nodiscard]] const auto& rows() const { return rows_; }

    /// The runs of a row as a matrix of their own, with those that calibrate it. Kernels are the same one in it,
    /// whatever each matrix calls it.
    [[nodiscard]] Matrix matrix_of(const ProfileRow& row) const {
        Matrix result;
        for (const auto& [from, cell] : rows_.at(row)) {
            result.calibrate = result.calibrate || matrices_[from].matrix.calibrate;
            add_to(result, from, *cell, false);
        }
        if (const auto companions = planted_.find(row.first); row.second.empty() && companions != planted_.end()) {
            for (const auto& [from, cell] : companions->second) {
                add_to(result, from, *cell, true);
            }
        }
        result.planned = static_cast<std::uint32_t>(result.cells.size());
        return result;
    }

private:
    struct Run {
        std::size_t matrix;
        const CellResult* cell;
    };

    void add_to(Matrix& result, std::size_t from, const CellResult& cell, bool calibration) const {
        const Matrix& matrix = matrices_[from].matrix;
        CellResult copy = cell;
        copy.subject.kernel = version_;
        copy.calibration = calibration;
        copy.tool = cell.tool.value_or(matrix.tool);
        if (cell.profile_digest) {
            if (const auto settings = matrix.profiles.find(*cell.profile_digest); settings != matrix.profiles.end()) {
                result.profiles.insert(*settings);
            }
        }
        result.cells.push_back(std::move(copy));
    }

    const std::vector<NamedMatrix>& matrices_;
    std::string version_;
    std::map<ProfileRow, std::vector<Run>> rows_;
    std::map<std::string, std::vector<Run>> planted_;  ///< by profile
};

/// Of two in the order of versions, the later.
bool is_newer(const HistoryVersion& later, const HistoryVersion& earlier) {
    return later.series != earlier.series || later.exact == earlier.exact;
}

Tally tally_in(const Matrix& side) {
    std::vector<Tally> tallies = tally(side);
    return *std::ranges::find_if(tallies, [](const Tally& each) { return !each.calibration; });
}

}  // namespace

MatrixHistory::MatrixHistory(const std::vector<NamedMatrix>& matrices) {
    const HistoryVersions versions(matrices);
    versions_ = versions.all();
    std::vector<Pool> pools;
    for (const HistoryVersion& version : versions_) {
        pools.emplace_back(matrices, version.name);
    }
    // With the versions on which each was run: of all places, most may be empty.
    std::map<ProfileRow, std::set<std::size_t>> rows;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        for (const CellResult& cell : matrices[i].matrix.cells) {
            const std::size_t version = versions.of(cell);
            pools[version].add(i, cell);
            if (!cell.calibration) {
                rows[{cell.subject.profile, cell.subject.plant}].insert(version);
                ++runs_;
            }
        }
    }
    for (const auto& [row, tried_on] : rows) {
        const std::size_t number = rows_.size();
        std::optional<std::size_t> earlier;
        Matrix before;
        for (const std::size_t version : tried_on) {
            Matrix after = pools[version].matrix_of(row);
            HistoryCell cell{tally_in(after), {}, std::nullopt};
            for (const auto& [from, run] : pools[version].rows().at(row)) {
                if (cell.runs.empty() || cell.runs.back().matrix != from) {
                    cell.runs.push_back({from, {}});
                }
                cell.runs.back().cells.push_back(run);
            }
            if (!versions_[version].series.empty() && cell.tally.rate.conclusive() > 0) {
                if (earlier && is_newer(versions_[version], versions_[*earlier])) {
                    cell.step = steps_.size();
                    steps_.push_back({number, *earlier, version, compare(before, after)});
                }
                earlier = version;
                before = std::move(after);
            }
            if (number == rows_.size()) {
                rows_.push_back(column_of(cell.tally));
            }
            cells_.emplace(std::pair(number, version), std::move(cell));
        }
    }
}

const HistoryCell* MatrixHistory::at(std::size_t row, std::size_t version) const {
    const auto found = cells_.find({row, version});
    return found == cells_.end() ? nullptr : &found->second;
}

std::size_t MatrixHistory::telling_steps() const {
    return static_cast<std::size_t>(std::ranges::count_if(steps_, [](const HistoryStep& step) {
        return step.pair().before.tally.rate.failed + step.pair().after.tally.rate.failed > 0;
    }));
}

bool is_beyond_chance(const HistoryStep& step) { return step.pair().p < kSignificant; }

}  // namespace blkhang
