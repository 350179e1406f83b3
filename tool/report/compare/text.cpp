// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/text.h"

#include <fmt/format.h>

#include "base/printable.h"
#include "report/compare/words.h"
#include "report/words/layout.h"
#include "report/words/paint.h"

namespace blkhang {
namespace {

class ComparisonReport {
public:
    ComparisonReport(const Comparison& comparison, const TextOptions& options)
        : comparison_(comparison), options_(options) {}

    std::string render() {
        text_ = painted(wrap(conclusion(comparison_), options_.columns), colour(), options_.colour);
        if (!comparison_.differences.empty()) {
            heading("Not the same experiment");
            for (const Difference& difference : comparison_.differences) {
                paragraph(words(difference), "  - ");
            }
        }
        for (const ComparedPair& pair : comparison_.pairs) {
            profile(pair);
        }
        only("BEFORE", comparison_.only_before);
        only("AFTER", comparison_.only_after);
        if (!comparison_.notes.empty()) {
            heading("Mind");
            for (const std::string& note : comparison_.notes) {
                paragraph(note, "  - ");
            }
        }
        return std::move(text_);
    }

private:
    [[nodiscard]] std::string_view colour() const {
        switch (comparison_.outcome) {
            case Outcome::good:
                return kGreen;
            case Outcome::fails:
                return kRed;
            case Outcome::nothing_shown:
                break;
        }
        return kYellow;
    }
    void heading(std::string_view text) {
        text_ += fmt::format("\n{}\n", painted(printable(text), kBold, options_.colour));
    }
    void paragraph(std::string_view text, std::string_view indent) { text_ += wrap(text, options_.columns, indent); }

    void profile(const ComparedPair& pair) {
        heading(fmt::format("{}: {} -> {}", pair.before.tally.subject.profile, to_string(pair.before.tally.verdict),
                            to_string(pair.after.tally.verdict)));
        paragraph(statement(pair), "  ");
        side("before", pair.before);
        side("after", pair.after);
        for (const std::string& line : price(pair)) {
            paragraph(line, "  ");
        }
    }
    void side(std::string_view name, const ComparedSide& side) {
        paragraph(fmt::format("{}: {}", name, kernel_words(side.tally)), "  ");
        paragraph(fmt::format("{}; {} trials, {:.1f} s of load in the median run", failures(side.tally.rate),
                              side.tally.trials, side.load_s),
                  "    ");
        for (const std::string& reason : side.tally.reasons) {
            paragraph(reason, "    - ");
        }
    }
    void only(std::string_view name, const std::vector<Tally>& tallies) {
        if (tallies.empty()) {
            return;
        }
        heading(fmt::format("Only in {}", name));
        for (const Tally& tally : tallies) {
            paragraph(
                fmt::format("{}: {}; {}", describe(tally.subject), to_string(tally.verdict), failures(tally.rate)),
                "  - ");
        }
    }

    const Comparison& comparison_;
    const TextOptions& options_;
    std::string text_;
};

}  // namespace

std::string render_comparison(const Comparison& comparison, const TextOptions& options) {
    return ComparisonReport(comparison, options).render();
}

}  // namespace blkhang
