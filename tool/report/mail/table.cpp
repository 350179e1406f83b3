// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/table.h"

#include <fmt/format.h>

#include "base/text_width.h"
#include "report/mail/layout.h"

namespace blkhang {
namespace {

constexpr std::size_t kLeft = 16, kRight = 27;                // the robot's
constexpr std::size_t kLongestName = (kMailColumns - 3) / 2;  // two of them fit, beside the blanks

std::string column_name(const MailColumn& column) { return cut_middle(column.name, kLongestName); }

std::uint32_t count(const Tally& tally, Verdict verdict) {
    const auto found = tally.verdicts.find(verdict);
    return found == tally.verdicts.end() ? 0 : found->second;
}

double share(const Tally& tally, Verdict verdict) {
    return tally.rate.conclusive() == 0 ? 0 : 100.0 * count(tally, verdict) / tally.rate.conclusive();
}

/// "18:20"; the robot leaves a 0 out.
std::string cell(const Tally& tally, Verdict verdict) {
    const std::uint32_t failed = count(tally, verdict);
    return fmt::format("{}:{}", failed == 0 ? "" : std::to_string(failed), tally.rate.conclusive());
}

/// The end of a row: `tally` in the column of the kernel that failed.
std::string of_head(const Tally& tally, Verdict verdict) {
    constexpr std::size_t kColumn = 13;
    return fmt::format("{:>{}}    {}.{}\n", cell(tally, verdict), kColumn, foreign(tally.subject.profile),
                       to_string(verdict));
}

std::string row(const MailColumn* base, const MailColumn& head, Verdict verdict) {
    std::string line = "  ";
    if (base != nullptr) {
        line += fmt::format("{:>14}  {:>10.0f}%  ", cell(*base->tally, verdict),
                            share(*head.tally, verdict) - share(*base->tally, verdict));
    }
    return line + of_head(*head.tally, verdict);
}

}  // namespace

std::string fail_runs_table(const MailColumn* base, const MailColumn& head, const std::vector<Tally>& others) {
    std::string text;
    if (base == nullptr) {
        text = fmt::format("  {:>13}\n  {:>13}\n  {:>11}\n", column_name(head), "fail:runs", "|");
    } else {
        text = fmt::format("  {:>{}} {:>{}}\n", column_name(*base), kLeft, column_name(head), kRight);
        text += fmt::format("  {:-<{}} {:-<{}}\n", "", kLeft, "", kRight);
        text += "         fail:runs  %reproduction    fail:runs\n";
        text += "             |             |             |\n";
    }
    for (const Verdict verdict : {Verdict::hang, Verdict::hazard}) {
        if (count(*head.tally, verdict) > 0 || (base != nullptr && count(*base->tally, verdict) > 0)) {
            text += row(base, head, verdict);
        }
    }
    for (const Tally& other : others) {
        for (const Verdict verdict : {Verdict::hang, Verdict::hazard}) {
            if (count(other, verdict) > 0) {
                text +=
                    "  " + (base == nullptr ? "" : fmt::format("{:>14}  {:>10}   ", "-", "")) + of_head(other, verdict);
            }
        }
    }
    return text;
}

}  // namespace blkhang
