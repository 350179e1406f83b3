// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "report/history/history.h"

namespace blkhang {

/// Which version each run of several matrices was of.
class HistoryVersions {
public:
    explicit HistoryVersions(const std::vector<NamedMatrix>& matrices);

    /// In their order.
    [[nodiscard]] std::vector<HistoryVersion> all() const;
    /// Its index there.
    [[nodiscard]] std::size_t of(const CellResult& cell) const { return versions_.at(keys_.at(&cell)); }

private:
    struct Key {
        bool unplaced = true;         ///< these come last
        std::pair<int, int> numbers;  ///< of the series
        bool exact = false;
        std::tuple<int, int, int, int, std::int64_t> order;
        std::string name, release, series;
        bool operator<(const Key& other) const;
    };
    /// What a run does not tell itself, since its kernel never came up.
    struct Known {
        std::string label, release;
    };
    static Key key_of(const Known& kernel);

    std::map<const CellResult*, Key> keys_;
    std::map<Key, std::size_t> versions_;
};

}  // namespace blkhang
