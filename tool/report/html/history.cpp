// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "record/files.h"
#include "record/verdict_counts.h"
#include "report/compare/statistics.h"
#include "report/compare/words.h"
#include "report/html/news.h"
#include "report/html/values.h"
#include "report/text/matrix.h"
#include "report/words/matrix_grid.h"

namespace blkhang {
namespace {

constexpr std::size_t kDay = 10;  // of a time

std::string number_of(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

class HistoryValues {
public:
    HistoryValues(const std::vector<NamedMatrix>& matrices, const HistoryPage& page, const MatrixHistory& history)
        : matrices_(matrices), page_(page), history_(history) {
        for (const HistoryVersion& version : history.versions()) {
            ++names_[version.name];
        }
    }

    Json values() const {
        return {{"subject", subject()},
                {"tone", tone()},
                {"lead", lead()},
                {"series", series()},
                {"versions", versions()},
                {"rows", rows()},
                {"beyond", steps(true)},
                {"chance", steps(false)},
                {"expected", expected()},
                {"has_vague", std::ranges::any_of(history_.versions(), vague)},
                {"has_unplaced", std::ranges::any_of(history_.versions(), unplaced)},
                {"matrices", matrices()},
                {"has_left_out", !page_.left_out.empty()},
                {"left_out", page_.left_out}};
    }

private:
    static bool unplaced(const HistoryVersion& version) { return version.series.empty(); }

    static bool vague(const HistoryVersion& version) { return !version.exact && !unplaced(version); }

    [[nodiscard]] std::string subject() const {
        return fmt::format("{} on {}", number_of(history_.rows().size(), "profile", "profiles"),
                           number_of(history_.versions().size(), "kernel version", "kernel versions"));
    }
    /// Of the worst that a profile came to on the newest version that it was run on: of what has a bug planted that
    /// must hang, nothing is to be read.
    [[nodiscard]] std::string_view tone() const {
        std::optional<Verdict> worst;
        for (std::size_t row = 0; row < history_.rows().size(); ++row) {
            const HistoryCell* newest = nullptr;
            for (std::size_t version = 0; version < history_.versions().size(); ++version) {
                const HistoryCell* cell = unplaced(history_.versions()[version]) ? nullptr : history_.at(row, version);
                newest = cell == nullptr ? newest : cell;
            }
            if (newest != nullptr && !must_hang(newest->tally.subject.plant)) {
                worst = std::min(worst.value_or(newest->tally.verdict), newest->tally.verdict, is_worse);
            }
        }
        return worst ? blkhang::tone_of(*worst) : "open";
    }
    [[nodiscard]] std::string lead() const {
        const auto& steps = history_.steps();
        return fmt::format("{} in {}. Beyond chance, {} of {} differ.", blkhang::runs(history_.runs()),
                           number_of(matrices_.size(), "matrix", "matrices"),
                           std::ranges::count_if(steps, is_beyond_chance),
                           number_of(steps.size(), "pair of neighbouring versions", "pairs of neighbouring versions"));
    }
    /// How many of the steps would look like news if nothing had changed at all.
    [[nodiscard]] Json expected() const {
        const std::size_t telling = history_.telling_steps();
        return {{"telling", number_of(telling, "pair", "pairs")},
                {"by_chance", fmt::format("{:.1f}", std::ceil(kSignificant * static_cast<double>(telling) * 10) / 10)}};
    }

    [[nodiscard]] Json series() const {
        Json list = Json::array();
        const auto& versions = history_.versions();
        for (auto first = versions.begin(); first != versions.end();) {
            const auto next = std::find_if(
                first, versions.end(), [&](const HistoryVersion& version) { return version.series != first->series; });
            list.push_back({{"name", unplaced(*first) ? std::string("version unknown") : first->series},
                            {"columns", next - first}});
            first = next;
        }
        return list;
    }
    [[nodiscard]] Json versions() const {
        Json list = Json::array();
        for (const HistoryVersion& version : history_.versions()) {
            const bool says_more = !version.release.empty() && version.release != version.name;
            list.push_back({{"name", version.name}, {"release", says_more ? Json(version.release) : Json(false)}});
        }
        return list;
    }
    /// That no other has.
    [[nodiscard]] std::string name_of(std::size_t index) const {
        const HistoryVersion& version = history_.versions()[index];
        return names_.at(version.name) > 1 && !version.release.empty()
                   ? fmt::format("{} ({})", version.name, version.release)
                   : version.name;
    }

    [[nodiscard]] Json rows() const {
        Json rows = Json::array();
        for (std::size_t row = 0; row < history_.rows().size(); ++row) {
            Json cells = Json::array();
            for (std::size_t version = 0; version < history_.versions().size(); ++version) {
                const HistoryCell* found = history_.at(row, version);
                cells.push_back(found == nullptr ? Json{{"cell", false}} : Json{{"cell", cell(*found, version)}});
            }
            rows.push_back({{"profile", history_.rows()[row]}, {"cells", std::move(cells)}});
        }
        return rows;
    }
    [[nodiscard]] Json cell(const HistoryCell& cell, std::size_t version) const {
        const std::string_view verdict = to_string(cell.tally.verdict);
        const News news = cell.step ? news_of(history_.steps()[*cell.step]) : News{};
        std::size_t runs = 0;
        Json from = Json::array();
        for (const HistoryCell::Runs& each : cell.runs) {
            from.push_back(runs_of(each));
            runs += each.cells.size();
        }
        return {{"verdict", verdict},
                {"tone", blkhang::tone_of(cell.tally.verdict)},
                {"rate", cell_text(cell.tally).substr(verdict.size() + 1)},
                {"version", name_of(version)},
                {"change", news.words.empty() ? Json(false) : Json{{"words", news.words}, {"tone", news.tone}}},
                {"count", blkhang::runs(runs)},
                {"from", std::move(from)}};
    }
    [[nodiscard]] Json runs_of(const HistoryCell::Runs& runs) const {
        const HistoryPage::Place& place = page_.places[runs.matrix];
        Json list = Json::array();
        for (const CellResult* run : runs.cells) {
            const char* file = place.pages.contains(run->id)     ? files::kHtml
                               : place.records.contains(run->id) ? files::kRecord
                                                                 : nullptr;
            const std::string below = run->id.empty() ? "" : fmt::format("{}/{}/", files::kCells, run->id);
            list.push_back({{"says", to_string(run->verdict)},
                            {"link", file == nullptr ? Json(false) : Json(link_to(place.way + below + file))},
                            {"more", run != runs.cells.back()}});
        }
        return {{"name", matrices_[runs.matrix].name},
                {"page", own_page(runs.matrix)},
                {"day", matrices_[runs.matrix].matrix.started.substr(0, kDay)},
                {"runs", std::move(list)}};
    }
    [[nodiscard]] Json own_page(std::size_t matrix) const {
        const HistoryPage::Place& place = page_.places[matrix];
        return place.has_page ? Json(link_to(place.way + files::kHtml)) : Json(false);
    }

    static News news_of(const HistoryStep& step) { return blkhang::news_of(step.pair().change, step.comparison); }

    [[nodiscard]] Json steps(bool beyond_chance) const {
        Json items = Json::array();
        std::size_t more = 0;
        for (const HistoryStep& step : history_.steps()) {
            const News news = news_of(step);
            if (news.words.empty() || is_beyond_chance(step) != beyond_chance) {
                continue;
            }
            if (items.size() == kStepsInWords) {
                ++more;
                continue;
            }
            items.push_back({{"profile", history_.rows()[step.row]},
                             {"before", name_of(step.before)},
                             {"after", name_of(step.after)},
                             {"words", news.words},
                             {"tone", news.tone},
                             {"statement", statement(step.pair())},
                             {"differences", differences(step.comparison)}});
        }
        if (items.empty()) {
            return false;
        }
        return {
            {"count", items.size() + more}, {"items", std::move(items)}, {"more", more > 0 ? Json(more) : Json(false)}};
    }
    static Json differences(const Comparison& comparison) {
        std::vector<std::string> all;
        for (Difference each : comparison.differences) {
            each.profiles.clear();  // there is but one
            all.push_back(words(each));
        }
        return all.empty() ? Json(false) : Json(fmt::format("{}", fmt::join(all, "; ")));
    }

    [[nodiscard]] Json matrices() const {
        Json list = Json::array();
        for (std::size_t i = 0; i < matrices_.size(); ++i) {
            const Matrix& matrix = matrices_[i].matrix;
            list.push_back({{"name", matrices_[i].name},
                            {"page", own_page(i)},
                            {"started", matrix.started},
                            {"ended", matrix.ended},
                            {"extent", extent_of(matrix)},
                            {"tool", tool_of(matrix)}});
        }
        return list;
    }

    const std::vector<NamedMatrix>& matrices_;
    const HistoryPage& page_;
    const MatrixHistory& history_;
    std::map<std::string, std::size_t> names_;  ///< how many versions have it
};

}  // namespace

Result<std::string> render_html(const std::vector<NamedMatrix>& matrices, const HistoryPage& page,
                                const Templates& templates) {
    const MatrixHistory history(matrices);
    if (history.rows().size() * history.versions().size() > MatrixGrid::kMostPlaces) {
        return fail(Fault::usage, fmt::format("{} profiles on {} kernel versions are no table that anybody could look "
                                              "at: name fewer matrices",
                                              history.rows().size(), history.versions().size()));
    }
    return templates.render("history.html.mustache", clean_values(HistoryValues(matrices, page, history).values()));
}

}  // namespace blkhang
