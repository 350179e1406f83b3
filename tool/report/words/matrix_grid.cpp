// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/matrix_grid.h"

#include <fmt/format.h>

#include <set>

namespace blkhang {
namespace {

/// Fills a list with what was not in it yet.
class Once {
public:
    explicit Once(std::vector<std::string>& list) : list_(list) {}
    void add(std::string item) {
        if (known_.insert(item).second) {
            list_.push_back(std::move(item));
        }
    }

private:
    std::vector<std::string>& list_;
    std::set<std::string> known_;
};

/// What a row is called that stands for one tally only.
std::string row_of(const Tally& tally) {
    return fmt::format("{}{}", describe(tally.subject), tally.calibration ? "*" : "");
}

std::string release_of(const Tally& tally) {
    const auto& name = tally.label.empty() ? tally.subject.kernel : tally.label;
    return tally.release.empty() ? name : fmt::format("{}: {}", name, tally.release);
}

}  // namespace

std::string column_of(const Tally& tally) {
    return fmt::format("{}{}{}", tally.subject.profile, tally.subject.plant.empty() ? "" : "/" + tally.subject.plant,
                       tally.calibration ? "*" : "");
}

MatrixGrid::MatrixGrid(const std::vector<Tally>& tallies) {
    Once kernels(kernels_), columns(columns_), releases(releases_);
    for (const Tally& each : tallies) {
        kernels.add(each.subject.kernel);
        columns.add(column_of(each));
        releases.add(release_of(each));
        by_place_.try_emplace({each.subject.kernel, column_of(each)}, &each);
    }
    if (kernels_.size() * columns_.size() > kMostPlaces) {
        one_below_the_other(tallies);
    }
}

void MatrixGrid::one_below_the_other(const std::vector<Tally>& tallies) {
    kernels_.clear();
    columns_ = {"all runs"};
    by_place_.clear();
    Once rows(kernels_);
    for (const Tally& each : tallies) {
        const std::string row = row_of(each);
        rows.add(row);
        by_place_.try_emplace({row, columns_.front()}, &each);
    }
}

const Tally* MatrixGrid::at(const std::string& kernel, const std::string& column) const {
    const auto found = by_place_.find({kernel, column});
    return found == by_place_.end() ? nullptr : found->second;
}

}  // namespace blkhang
