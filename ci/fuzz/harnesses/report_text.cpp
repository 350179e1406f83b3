// SPDX-License-Identifier: GPL-2.0-only
// A stranger's record on the terminal, and as a script that makes the run again.
#include "report/text/record.h"

#include "harness.h"
#include "report/repro/reproducer.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kReportText{for_records("report_text", [](Record record, std::string_view /*text*/) {
    static const Templates kTemplates = Templates::built_in();
    for (const std::size_t columns : {40, 100}) {
        const auto report = render_text(
            record, {.columns = columns, .stacks = columns > 80 ? Stacks::full : Stacks::telling}, kTemplates);
        require(report.has_value(), "every record can be shown");
        require(report->find('\x1b') == std::string::npos, "no escape sequence reaches the terminal");
    }
    static_cast<void>(reproduce_script(record, kTemplates));
})};

}  // namespace blkhang::fuzz
