// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "record/tally.h"

namespace blkhang {

/// The column of the table that repeats of one profile stand in, with one bug planted or none: "kvm-2011/sync-alloc*".
std::string column_of(const Tally& tally);

/// The tallies of a matrix as a table, kernels by profiles, each in the order in which the tallies have them. Costs no
/// more than that for each of them: where most places of the table would be empty, because many kernels each have
/// profiles of their own, it has a row for each tally and one column instead.
class MatrixGrid {
public:
    /// `tallies` have to outlive this, where they are.
    explicit MatrixGrid(const std::vector<Tally>& tallies);

    /// Names of the rows: kernels, if it is a table; else "deb:6.1 kvm-2011 with sync-alloc planted*".
    [[nodiscard]] const std::vector<std::string>& kernels() const { return kernels_; }
    [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
    /// Null if there was no such run.
    [[nodiscard]] const Tally* at(const std::string& kernel, const std::string& column) const;
    /// Each kernel once, with the release it turned out to have: "deb:6.1: 6.1.0-57-cloud-amd64".
    [[nodiscard]] const std::vector<std::string>& releases() const { return releases_; }

    /// Kernels times columns of a table. People run hundreds of kernels with a dozen profiles.
    static constexpr std::size_t kMostPlaces = 100'000;

private:
    void one_below_the_other(const std::vector<Tally>& tallies);

    std::vector<std::string> kernels_, columns_, releases_;
    std::map<std::pair<std::string, std::string>, const Tally*> by_place_;
};

}  // namespace blkhang
