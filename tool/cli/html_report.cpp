// SPDX-License-Identifier: GPL-2.0-only
#include "cli/html_report.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "cli/evidence.h"
#include "cli/graphviz.h"
#include "record/files.h"
#include "record/matrix.h"
#include "record/record.h"
#include "record/run_series.h"
#include "report/html.h"
#include "report/html_matrix.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Line by line: the file may be much larger than what is kept of it.
Result<RunSeries> read_series(const fs::path& directory, std::optional<double> instant_ms) {
    const fs::path path = directory / files::kEvents;
    std::ifstream file(path);
    if (!file) {
        return fail_errno(files::kEvents);
    }
    const auto profile = profile_in(directory);
    RunSeriesReader reader(profile ? profile->trial : "", instant_ms);
    bool is_empty = true;
    for (std::string line; std::getline(file, line); is_empty = false) {
        reader.line(line);
    }
    if (file.bad() || is_empty) {
        return fail(Fault::broken,
                    fmt::format("{}: {}", files::kEvents, is_empty ? "empty, or no file" : "cannot be read"));
    }
    return reader.finish();
}

Result<std::string> record_page(const fs::path& directory, const Templates& templates) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    auto series = read_series(directory, instant_of(*record));
    // A task that seems to wait may have gone on, if events were lost.
    const auto waiting = series && record->lost_events == 0 ? series->waiting : std::vector<seen::Wait>{};
    LockGraph graph = lock_graph(*record, waiting);
    auto svg = graph.nodes.empty() ? Result<std::string>() : drawn_by_dot(dot_source(graph));
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

Result<std::string> matrix_page(const HtmlRequest& request, const Templates& templates) {
    const auto matrix = read_matrix(request.directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    MatrixPage page;
    page.way_to_matrix = way_to(request.directory, request.output);
    for (const CellResult& cell : matrix->cells) {
        std::error_code ignored;
        const fs::path directory = request.directory / files::kCells / cell.id;
        if (fs::exists(directory / files::kRecord, ignored)) {
            page.records.insert(cell.id);
        }
        if (fs::exists(directory / files::kHtml, ignored)) {
            page.pages.insert(cell.id);
        }
    }
    if (request.baseline) {
        const auto baseline = read_runs(*request.baseline);
        if (!baseline) {
            return fail_within(baseline.error(), "--baseline");
        }
        page.comparison = compare(*baseline, *matrix);
    }
    return render_html(*matrix, page, templates);
}

}  // namespace

Result<std::string> html_report(const HtmlRequest& request, const Templates& templates) {
    const auto is_matrix = holds_matrix(request.directory);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    if (*is_matrix) {
        return matrix_page(request, templates);
    }
    if (request.baseline) {
        return fail(Error(Fault::usage, fmt::format("--baseline goes with a matrix, and {} holds a record",
                                                    request.directory.string()))
                        .hint("blkhang compare compares two records"));
    }
    return record_page(request.directory, templates);
}

}  // namespace blkhang
