// SPDX-License-Identifier: GPL-2.0-only
// A stranger's record as a mail: its header has no lines but its own.
#include "report/mail/mail.h"

#include "harness.h"
#include "samples.h"

namespace blkhang::fuzz {
namespace {

void check_header(std::string_view mail) {
    each_line(mail.substr(0, mail.find("\n\n") + 1), [](std::string_view line) {
        require(line.starts_with("To: ") || line.starts_with("Cc: ") || line.starts_with("Subject: ") ||
                    line.starts_with(" "),
                "the header has no lines but its own");
    });
}

}  // namespace

const Registered kReportMail{for_records("report_mail", [](Record record, std::string_view /*text*/) {
    const auto tallies = tally(matrix_of(record));
    if (tallies.empty() || !is_failure(record.verdict.value)) {
        return;
    }
    static const Templates kTemplates = Templates::built_in();
    BugReport report;
    report.record = std::move(record);
    report.tally = tallies.front();
    if (const auto mail = render_mail(report, kTemplates)) {
        check_header(*mail);
    }
})};

}  // namespace blkhang::fuzz
