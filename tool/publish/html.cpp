// SPDX-License-Identifier: GPL-2.0-only
#include "publish/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "publish/evidence.h"
#include "publish/graphviz.h"
#include "publish/several.h"
#include "record/files.h"
#include "record/matrix.h"
#include "record/record.h"
#include "record/run_series.h"
#include "report/html/history.h"
#include "report/html/matrix.h"
#include "report/html/record.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Nodes of a lock graph, and edges, that dot draws in a moment. Real ones have some ten.
constexpr std::size_t kMostDrawn = 300;

/// Line by line: the file may be much larger than what is kept of it.
Result<RunSeries> read_series(const Directory& directory, std::optional<double> instant_ms) {
    const auto profile = profile_in(directory);
    RunSeriesReader reader(profile ? profile->trial : "", instant_ms);
    bool is_empty = true;
    const Status read = directory.each_line(files::kEvents, files::kLargestEvents, [&](std::string_view line) {
        reader.line(line);
        is_empty = false;
    });
    if (!read) {
        // It stands in a page that goes to others: where this machine keeps its records is none of their business.
        const std::string why = read.error().message();
        return fail(Fault::broken, why.substr(std::min(why.rfind(files::kEvents), why.size())));
    }
    if (is_empty) {
        return fail(Fault::broken, fmt::format("{}: empty", files::kEvents));
    }
    return reader.finish();
}

/// In words where dot would need its whole deadline, and nobody could read what it drew.
Result<std::string> picture_of(const LockGraph& graph) {
    if (graph.nodes.size() > kMostDrawn || graph.edges.size() > kMostDrawn) {
        return fail(Fault::usage, fmt::format("{} locks and tasks with {} arrows are too many to be drawn",
                                              graph.nodes.size(), graph.edges.size()));
    }
    return drawn_by_dot(dot_source(graph));
}

Result<std::string> record_page(const Directory& directory, const Templates& templates) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    auto series = read_series(directory, instant_of(*record));
    // A task that seems to wait may have gone on, if events were lost.
    const auto waiting = series && record->lost_events == 0 ? series->waiting : std::vector<seen::Wait>{};
    LockGraph graph = lock_graph(*record, waiting);
    auto svg = graph.nodes.empty() ? Result<std::string>() : picture_of(graph);
    return render_html(*record, {std::move(series), std::move(graph), std::move(svg)}, templates);
}

/// From where the page will be to the directory that it is about.
std::string way_to(const fs::path& directory, const std::optional<fs::path>& output) {
    if (!output) {
        return "";
    }
    std::error_code ignored;
    const fs::path from = fs::weakly_canonical(fs::absolute(*output).parent_path(), ignored);
    const std::string way = fs::weakly_canonical(directory, ignored).lexically_relative(from).generic_string();
    return way.empty() || way == "." ? "" : way + "/";
}

/// Ids of cells that left a record, and a page. That of a record that passes for a matrix is empty: it lies right
/// there.
struct Left {
    std::set<std::string> records, pages;
};
Left left_by(const Directory& directory, const Matrix& matrix) {
    Left left;
    for (const CellResult& cell : matrix.cells) {
        const auto below = cell.id.empty() ? Result<Directory>(fail(Fault::usage, "")) : cell_in(directory, cell.id);
        const Directory* run = cell.id.empty() ? &directory : below ? &*below : nullptr;
        if (run != nullptr && run->has(files::kRecord)) {
            left.records.insert(cell.id);
        }
        if (run != nullptr && run->has(files::kHtml)) {
            left.pages.insert(cell.id);
        }
    }
    return left;
}

Result<std::string> matrix_page(const HtmlRequest& request, const Directory& directory, const Templates& templates) {
    const auto matrix = read_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    MatrixPage page;
    page.way_to_matrix = way_to(request.directory, request.output);
    Left left = left_by(directory, *matrix);
    page.records = std::move(left.records);
    page.pages = std::move(left.pages);
    if (request.baseline) {
        const auto baseline = Directory::open(*request.baseline).and_then(read_runs);
        if (!baseline) {
            return fail_within(baseline.error(), "--baseline");
        }
        page.comparison = compare(*baseline, *matrix);
    }
    return render_html(*matrix, page, templates);
}

}  // namespace

Result<std::string> html_report(const HtmlRequest& request, const Templates& templates) {
    const auto directory = Directory::open(request.directory);
    const auto is_matrix = directory.and_then(holds_matrix);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    if (*is_matrix) {
        return matrix_page(request, *directory, templates);
    }
    if (request.baseline) {
        return fail(Error(Fault::usage, fmt::format("--baseline goes with a matrix, and {} holds a record",
                                                    request.directory.string()))
                        .hint("blkhang compare compares two records"));
    }
    return record_page(*directory, templates);
}

Result<std::string> history_report(const std::vector<fs::path>& paths, const std::optional<fs::path>& output,
                                   const Templates& templates) {
    const auto several = read_several(paths);
    if (!several) {
        return fail(several.error());
    }
    HistoryPage page;
    page.left_out = several->left_out;
    for (std::size_t i = 0; i < several->matrices.size(); ++i) {
        const auto directory = Directory::open(several->directories[i]);
        if (!directory) {
            return fail(directory.error());
        }
        Left left = left_by(*directory, several->matrices[i].matrix);
        page.places.push_back({way_to(directory->path(), output.value_or(fs::path("page.html"))),
                               directory->has(files::kHtml), std::move(left.records), std::move(left.pages)});
    }
    return render_html(several->matrices, page, templates);
}

}  // namespace blkhang
