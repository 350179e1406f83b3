// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "record/record.h"
#include "record/run_series.h"
#include "report/html/lock_graph.h"
#include "report/words/templates.h"

namespace blkhang {

/// What a page shows beside the record. Each may be missing; then the page says why.
struct RecordPictures {
    Result<RunSeries> series;
    LockGraph graph;
    Result<std::string> graph_svg;  ///< as dot drew it; not asked for where the graph has no nodes
};

/// When the deadlock was proven, or was seen last: that is when it matters who else waits.
std::optional<double> instant_of(const Record& record);

/// What the picture of the graph is called, and what it shows in words.
std::string graph_name(const Record& record);

/// A record as one page of HTML (and XML) that needs no network and no scripts.
Result<std::string> render_html(const Record& record, const RecordPictures& pictures, const Templates& templates);

}  // namespace blkhang
