// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "record/matrix.h"
#include "report/compare/compare.h"
#include "report/words/templates.h"

namespace blkhang {

/// What the page of a matrix rests on, beside the matrix.
struct MatrixPage {
    std::string way_to_matrix;             ///< from the page to the directory of the matrix: empty, or ends in '/'
    std::set<std::string> records, pages;  ///< ids of cells that left a record, and a report.html
    std::optional<Comparison> comparison;  ///< with the matrix as AFTER
};

/// Kernels by profiles as one page of HTML (and XML) that needs no network and no scripts.
Result<std::string> render_html(const Matrix& matrix, const MatrixPage& page, const Templates& templates);

}  // namespace blkhang
