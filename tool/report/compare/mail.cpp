// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/compare/words.h"
#include "report/mail/layout.h"
#include "report/words/layout.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

/// Names, versions, locks: what is compared may be a stranger's.
std::string paragraph(const std::string& text, std::string_view indent = {}) {
    return wrap(foreign(text), kMailColumns, indent);
}

bool planted(const ComparedPair& pair) {
    return !pair.before.tally.subject.plant.empty() || !pair.after.tally.subject.plant.empty();
}

std::string machine(const ComparedSide& side) {
    return side.accelerator.empty() ? "" : fmt::format(", in QEMU guests under {}", side.accelerator);
}

std::string side_words(std::string_view name, const ComparedSide& side) {
    std::string text = fmt::format("{}: {}; {}, {} trials", name, kernel_words(side.tally), failures(side.tally.rate),
                                   side.tally.trials);
    text += fmt::format(", {:.1f} s of load in the median run{}", side.load_s, machine(side));
    // What came to no verdict is no pass and must not vanish in a count of those that did.
    return side.tally.verdicts.size() > 1 ? fmt::format("{} (all runs: {}).", text, in_words(side.tally.verdicts))
                                          : text + ".";
}

std::string profile_words(const ComparedPair& pair) {
    std::string text = fmt::format("Profile {}:\n", foreign(pair.before.tally.subject.profile));
    text += paragraph(side_words("before", pair.before), "  ");
    text += paragraph(side_words("after", pair.after), "  ");
    text += paragraph(statement(pair), "  ");
    for (const auto& [name, side] : {std::pair{"before", &pair.before}, {"after", &pair.after}}) {
        if (!side->proof.empty()) {
            text += paragraph(fmt::format("Seen {}: {}.", name, side->proof), "  ");
        }
    }
    for (const std::string& line : price(pair)) {
        text += paragraph(line + ".", "  ");
    }
    return text + "\n";
}

std::string not_one_experiment(const Comparison& comparison) {
    std::vector<std::string> parts;
    for (const Difference& difference : comparison.differences) {
        parts.push_back(words(difference));
    }
    return fmt::format("The two sides are not the same experiment: {}.", fmt::join(parts, "; "));
}

std::string not_tested(const Comparison& comparison) {
    std::string text =
        "Not tested: other kernels, configurations, hardware and loads than these. p is of Fisher's exact test, "
        "two-sided; a run that came to no verdict is not counted.";
    for (const auto& [name, tallies] :
         {std::pair{"BEFORE", &comparison.only_before}, {"AFTER", &comparison.only_after}}) {
        for (const Tally& tally : *tallies) {
            text += fmt::format(" {} was tested in {} only.", describe(tally.subject), name);
        }
    }
    for (const std::string& note : comparison.notes) {
        text += fmt::format(" Note: {}.", note);
    }
    return text;
}

std::string sign_off(const Comparison& comparison, const std::string& tester) {
    if (comparison.outcome != Outcome::good) {
        return wrap(fmt::format("No Tested-by: {}", foreign(conclusion(comparison))), kMailColumns);
    }
    const auto shown = std::find_if(comparison.pairs.begin(), comparison.pairs.end(), planted);
    if (shown != comparison.pairs.end()) {
        return wrap(
            "No Tested-by: a bug was planted on purpose, so this demonstrates that the test tells the two apart; it is "
            "not the test of a patch.",
            kMailColumns);
    }
    return tester.empty() ? "[fill in your name and address; git config user.name and user.email have none]\n"
                            "Tested-by: NAME <MAIL>\n"
                          : fmt::format("Tested-by: {}\n", foreign(tester));
}

}  // namespace

std::string mail_paragraph(const Comparison& comparison, const std::string& tester) {
    std::string text = paragraph(fmt::format(
        "Tested with blkhang {}, {}. A run fails when a deadlock is proven or shown to be possible, or when a livelock "
        "(a cycle of waits over memory) stands for seconds; it is clean only if the dangerous situation arose often "
        "enough.",
        comparison.tool, kWhatBlkhangIs));
    text += "\n";
    for (const ComparedPair& pair : comparison.pairs) {
        text += profile_words(pair);
    }
    if (!comparison.differences.empty()) {
        text += paragraph(not_one_experiment(comparison)) + "\n";
    }
    return text + paragraph(not_tested(comparison)) + "\n" + sign_off(comparison, tester);
}

}  // namespace blkhang
