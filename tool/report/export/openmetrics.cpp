// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/openmetrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/utc.h"
#include "record/tally.h"
#include "report/history/versions.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// Bytes of a label's value. Each stands in a dozen samples: names of strangers would fill memory.
constexpr std::size_t kLongestValue = 512;

/// A value of a label, between its quotes. It has no line ends any more.
std::string label_value(std::string_view text) {
    std::string result;
    const std::string line = one_line(text);
    for (const char c : head(line, kLongestValue)) {
        if (c == '\\' || c == '"') {
            result += '\\';
        }
        result += c;
    }
    return result;
}

std::string written(const Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, label_value(value));
    }
    return text;
}

/// Labels that no sample of a family has twice, or what reads it throws all away: made printable, names that differ may
/// be alike.
class DistinctLabels {
public:
    std::string of(const Labels& labels) {
        std::string text = written(labels);
        if (const auto times = ++given_[text]; times > 1) {
            text += fmt::format(",again=\"{}\"", times);
        }
        return text;
    }

private:
    std::map<std::string, std::uint32_t> given_;
};

/// The repeats of one subject in one matrix.
struct MetricRow {
    std::string labels;
    Tally tally;
    std::optional<std::int64_t> first, last;  ///< when runs began: seconds since 1970
};

/// A family of metrics, each sample of which is made from a T. A name ends in its unit, as the format wants it.
template <class T>
struct MetricFamily {
    std::string_view name, unit, help;
    std::optional<double> (*value)(const T& from);
};

std::optional<double> as_value(const std::optional<std::int64_t>& since_1970) {
    return since_1970 ? std::optional(static_cast<double>(*since_1970)) : std::nullopt;
}
std::optional<double> when_known(const FailureRate& rate, double value) {
    return rate.conclusive() > 0 ? std::optional(value) : std::nullopt;
}

constexpr std::array kOfRows{
    MetricFamily<MetricRow>{"blkhang_trials", "", "How often the exact dangerous situation arose, in all runs.",
                            [](const MetricRow& row) { return std::optional(static_cast<double>(row.tally.trials)); }},
    MetricFamily<MetricRow>{
        "blkhang_failure_ratio", "ratio", "Runs that failed (hang, hazard) of those that said something.",
        [](const MetricRow& row) {
            const FailureRate& rate = row.tally.rate;
            return when_known(rate, rate.conclusive() == 0 ? 0 : 1.0 * rate.failed / rate.conclusive());
        }},
    MetricFamily<MetricRow>{"blkhang_failure_lower_bound_ratio", "ratio",
                            "Lower end of the exact 95% interval of the failure rate.",
                            [](const MetricRow& row) { return when_known(row.tally.rate, row.tally.rate.low); }},
    MetricFamily<MetricRow>{"blkhang_failure_upper_bound_ratio", "ratio",
                            "Upper end of the exact 95% interval of the failure rate; one-sided where none failed.",
                            [](const MetricRow& row) { return when_known(row.tally.rate, row.tally.rate.high); }},
    MetricFamily<MetricRow>{"blkhang_first_run_timestamp_seconds", "seconds", "When the first of the runs began.",
                            [](const MetricRow& row) { return as_value(row.first); }},
    MetricFamily<MetricRow>{"blkhang_last_run_timestamp_seconds", "seconds", "When the last of the runs began.",
                            [](const MetricRow& row) { return as_value(row.last); }},
};

constexpr std::array kOfMatrices{
    MetricFamily<Matrix>{"blkhang_matrix_started_timestamp_seconds", "seconds", "When the matrix was begun.",
                         [](const Matrix& matrix) { return as_value(seconds_of_utc(matrix.started)); }},
    MetricFamily<Matrix>{"blkhang_matrix_ended_timestamp_seconds", "seconds", "When it ended.",
                         [](const Matrix& matrix) { return as_value(seconds_of_utc(matrix.ended)); }},
    MetricFamily<Matrix>{"blkhang_matrix_planned_runs", "", "Runs that it was to have, with those that calibrate.",
                         [](const Matrix& matrix) { return std::optional(static_cast<double>(matrix.planned)); }},
    MetricFamily<Matrix>{"blkhang_matrix_done_runs", "", "Runs that it has, with those that calibrate.",
                         [](const Matrix& matrix) { return std::optional(static_cast<double>(matrix.cells.size())); }},
};

/// All verdicts, so that one that no run has is 0 rather than absent.
constexpr std::array kVerdicts{Verdict::hang,        Verdict::hazard,       Verdict::error,
                               Verdict::unsupported, Verdict::inconclusive, Verdict::clean};

class Exposition {
public:
    void family(std::string_view name, std::string_view unit, std::string_view help) {
        text_ += fmt::format("# TYPE {} gauge\n", name);
        if (!unit.empty()) {
            text_ += fmt::format("# UNIT {} {}\n", name, unit);
        }
        text_ += fmt::format("# HELP {} {}\n", name, help);
        name_ = name;
    }
    void sample(std::string_view labels, double value) { text_ += fmt::format("{}{{{}}} {}\n", name_, labels, value); }
    template <class T>
    void sample(std::string_view labels, const MetricFamily<T>& family, const T& from) {
        if (const auto value = family.value(from)) {
            sample(labels, *value);
        }
    }
    [[nodiscard]] std::string finish() && { return std::move(text_) + "# EOF\n"; }

private:
    std::string name_, text_;
};

/// Of all matrices, each in the order of its tallies.
std::vector<MetricRow> rows_of(const std::vector<NamedMatrix>& matrices) {
    const HistoryVersions versions(matrices);
    const auto names = versions.all();
    DistinctLabels distinct;
    std::vector<MetricRow> rows;
    for (const NamedMatrix& each : matrices) {
        const std::size_t first_row = rows.size();
        std::map<std::pair<Subject, bool>, std::size_t> row_of;
        for (Tally& tally : blkhang::tally(each.matrix)) {
            row_of.emplace(std::pair(tally.subject, tally.calibration), rows.size());
            rows.push_back({"", std::move(tally), {}, {}});
        }
        std::vector<const CellResult*> examples(rows.size() - first_row);
        for (const CellResult& cell : each.matrix.cells) {
            const std::size_t number = row_of.at({cell.subject, cell.calibration});
            MetricRow& row = rows[number];
            const CellResult*& example = examples[number - first_row];
            example = example == nullptr || (example->release.empty() && !cell.release.empty()) ? &cell : example;
            if (const auto at = seconds_of_utc(cell.started)) {
                row.first = std::min(row.first.value_or(*at), *at);
                row.last = std::max(row.last.value_or(*at), *at);
            }
        }
        for (std::size_t i = first_row; i < rows.size(); ++i) {
            const Tally& tally = rows[i].tally;
            const HistoryVersion& version = names[versions.of(*examples[i - first_row])];
            rows[i].labels = distinct.of({{"matrix", each.name},
                                          {"kernel", tally.subject.kernel},
                                          {"version", version.name},
                                          {"release", version.release},
                                          {"profile", tally.subject.profile},
                                          {"plant", tally.subject.plant},
                                          {"calibrates", tally.calibration ? "yes" : "no"}});
        }
    }
    return rows;
}

}  // namespace

std::string render_openmetrics(const std::vector<NamedMatrix>& matrices) {
    const auto rows = rows_of(matrices);
    Exposition text;
    text.family("blkhang_runs", "", "Runs by what they came to.");
    for (const MetricRow& row : rows) {
        for (const Verdict verdict : kVerdicts) {
            const auto found = row.tally.verdicts.find(verdict);
            text.sample(fmt::format("{},verdict=\"{}\"", row.labels, to_string(verdict)),
                        found == row.tally.verdicts.end() ? 0 : found->second);
        }
    }
    text.family("blkhang_verdict", "", "What all runs together came to, as a label; always 1.");
    for (const MetricRow& row : rows) {
        text.sample(fmt::format("{},verdict=\"{}\"", row.labels, to_string(row.tally.verdict)), 1);
    }
    for (const auto& family : kOfRows) {
        text.family(family.name, family.unit, family.help);
        for (const MetricRow& row : rows) {
            text.sample(row.labels, family, row);
        }
    }
    text.family("blkhang_matrix_tool", "", "The blkhang that made the matrix, as labels; always 1.");
    DistinctLabels distinct_tools;
    for (const NamedMatrix& each : matrices) {
        text.sample(distinct_tools.of({{"matrix", each.name},
                                       {"tool_version", each.matrix.tool.version},
                                       {"tool_commit", each.matrix.tool.commit}}),
                    1);
    }
    for (const auto& family : kOfMatrices) {
        text.family(family.name, family.unit, family.help);
        DistinctLabels distinct;
        for (const NamedMatrix& each : matrices) {
            text.sample(distinct.of({{"matrix", each.name}}), family, each.matrix);
        }
    }
    return std::move(text).finish();
}

}  // namespace blkhang
