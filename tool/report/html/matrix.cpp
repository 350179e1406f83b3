// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "record/files.h"
#include "record/tally.h"
#include "report/compare/words.h"
#include "report/html/news.h"
#include "report/html/values.h"
#include "report/text/matrix.h"
#include "report/words/matrix_grid.h"

namespace blkhang {
namespace {

constexpr double kPercent = 100;

/// Companions and what was asked for may be of one subject.
using RowKey = std::pair<Subject, bool>;

class MatrixValues {
public:
    MatrixValues(const Matrix& matrix, const MatrixPage& page)
        : matrix_(matrix), page_(page), tallies_(tally(matrix)), grid_(tallies_) {
        for (const CellResult& cell : matrix.cells) {
            runs_[{cell.subject, cell.calibration}].push_back(&cell);
        }
        if (page.comparison) {
            for (const ComparedPair& pair : page.comparison->pairs) {
                changes_[pair.after.tally.subject] = &pair;
            }
        }
    }

    Json values() const {
        const Verdict worst = overall(tallies_);
        return {{"headline", shouted(to_string(worst))},
                {"tone", tone_of(worst)},
                {"subject", extent_of(matrix_)},
                {"cut_short", cut_short()},
                {"columns", grid_.columns()},
                {"rows", rows()},
                {"has_calibration", has_calibration()},
                {"baseline", baseline()},
                {"attention", attention()},
                {"kernels", grid_.releases()},
                {"started", matrix_.started},
                {"ended", matrix_.ended},
                {"tool", tool_of(matrix_)}};
    }

private:
    [[nodiscard]] Json cut_short() const {
        const bool is_short = matrix_.cells.size() < matrix_.planned;
        return is_short ? Json(fmt::format("{} of {}", matrix_.planned - matrix_.cells.size(), matrix_.planned))
                        : Json(false);
    }
    [[nodiscard]] bool has_calibration() const {
        return std::any_of(tallies_.begin(), tallies_.end(), [](const Tally& each) { return each.calibration; });
    }

    [[nodiscard]] Json rows() const {
        Json rows = Json::array();
        for (const std::string& kernel : grid_.kernels()) {
            Json cells = Json::array();
            for (const std::string& column : grid_.columns()) {
                const Tally* tally = grid_.at(kernel, column);
                cells.push_back(tally == nullptr ? Json{{"tally", false}} : cell(*tally));
            }
            rows.push_back({{"kernel", kernel}, {"cells", std::move(cells)}});
        }
        return rows;
    }

    [[nodiscard]] Json cell(const Tally& tally) const {
        const std::string_view verdict = to_string(tally.verdict);
        const auto change = tally.calibration ? changes_.end() : changes_.find(tally.subject);
        const News news = change == changes_.end() ? News{} : news_of(change->second->change);
        return {{"tally",
                 {{"verdict", verdict},
                  {"tone", blkhang::tone_of(tally.verdict)},
                  {"rate", cell_text(tally).substr(verdict.size() + 1)},
                  {"interval", interval(tally)},
                  {"change", news.words.empty() ? Json(false) : Json{{"words", news.words}, {"tone", news.tone}}},
                  {"runs", runs_of(tally)}}}};
    }
    [[nodiscard]] static Json interval(const Tally& tally) {
        if (tally.rate.conclusive() == 0) {
            return false;
        }
        const double rate = static_cast<double>(tally.rate.failed) / tally.rate.conclusive();
        return {{"from", fmt::format("{:.1f}", tally.rate.low * kPercent)},
                {"width", fmt::format("{:.1f}", (tally.rate.high - tally.rate.low) * kPercent)},
                {"at", fmt::format("{:.1f}", rate * kPercent)}};
    }
    [[nodiscard]] Json runs_of(const Tally& tally) const {
        Json list = Json::array();
        const auto& runs = runs_.at({tally.subject, tally.calibration});
        for (const CellResult* run : runs) {
            const std::string directory = link_to(page_.way_to_matrix + files::kCells + "/" + run->id + "/");
            const auto link = [&](const std::set<std::string>& there, const char* file) {
                return there.contains(run->id) ? Json(directory + file) : Json(false);
            };
            list.push_back({{"number", run->repeat},
                            {"says", to_string(run->verdict)},
                            {"record", link(page_.records, files::kRecord)},
                            {"page", link(page_.pages, files::kHtml)},
                            {"reason", run->reasons.empty() ? "" : run->reasons.front()}});
        }
        return {{"count", blkhang::runs(runs.size())}, {"list", std::move(list)}};
    }

    [[nodiscard]] News news_of(Change change) const { return blkhang::news_of(change, *page_.comparison); }

    [[nodiscard]] Json baseline() const {
        if (!page_.comparison) {
            return false;
        }
        const Comparison& comparison = *page_.comparison;
        Json changed = Json::array();
        std::size_t unchanged = 0;
        for (const ComparedPair& pair : comparison.pairs) {
            const News news = news_of(pair.change);
            if (news.words.empty()) {
                ++unchanged;
                continue;
            }
            changed.push_back({{"what", describe(pair.after.tally.subject)},
                               {"words", news.words},
                               {"tone", news.tone},
                               {"statement", statement(pair)}});
        }
        const auto names = [](const std::vector<Tally>& tallies) {
            Json list = Json::array();
            for (const Tally& each : tallies) {
                list.push_back(describe(each.subject));
            }
            return list;
        };
        Json differences = Json::array();
        for (const Difference& each : comparison.differences) {
            differences.push_back(words(each));
        }
        return {{"conclusion", conclusion(comparison)},
                {"has_differences", !differences.empty()},
                {"differences", std::move(differences)},
                {"has_changed", !changed.empty()},
                {"changed", std::move(changed)},
                {"unchanged", unchanged},
                {"has_only_before", !comparison.only_before.empty()},
                {"only_before", names(comparison.only_before)},
                {"has_only_after", !comparison.only_after.empty()},
                {"only_after", names(comparison.only_after)},
                {"notes", comparison.notes}};
    }

    [[nodiscard]] Json attention() const {
        Json items = Json::array();
        for (const Tally& each : tallies_) {
            if (needs_attention(each)) {
                items.push_back({{"what", describe(each.subject)},
                                 {"calibrates", each.calibration},
                                 {"verdict", to_string(each.verdict)},
                                 {"tone", blkhang::tone_of(each.verdict)},
                                 {"reasons", each.reasons}});
            }
        }
        if (items.empty()) {
            return false;
        }
        return {{"items", std::move(items)}};
    }

    const Matrix& matrix_;
    const MatrixPage& page_;
    std::vector<Tally> tallies_;
    MatrixGrid grid_;
    std::map<RowKey, std::vector<const CellResult*>> runs_;
    std::map<Subject, const ComparedPair*> changes_;
};

}  // namespace

Result<std::string> render_html(const Matrix& matrix, const MatrixPage& page, const Templates& templates) {
    return templates.render("matrix.html.mustache", clean_values(MatrixValues(matrix, page).values()));
}

}  // namespace blkhang
