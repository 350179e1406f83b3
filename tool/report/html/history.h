// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "report/history/history.h"
#include "report/words/templates.h"

namespace blkhang {

/// What the page of several matrices rests on, beside them.
struct HistoryPage {
    /// Where one of them lies.
    struct Place {
        std::string way;                       ///< from the page to its directory: empty, or ends in '/'
        bool has_page = false;                 ///< it has a report.html
        std::set<std::string> records, pages;  ///< ids of cells that left a record, and a report.html
    };
    std::vector<Place> places;          ///< of each, in their order
    std::vector<std::string> left_out;  ///< in words: what lay there and could not be read
};

/// Profiles by kernel versions, over all the matrices, as one page of HTML (and XML) that needs no network and no
/// scripts. Fault::usage if there are more places in that table than anybody could look at.
Result<std::string> render_html(const std::vector<NamedMatrix>& matrices, const HistoryPage& page,
                                const Templates& templates);

/// Steps that are told in words, of each kind. All are in the table.
inline constexpr std::size_t kStepsInWords = 500;

}  // namespace blkhang
