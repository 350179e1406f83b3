// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include "base/file.h"
#include "cli/command.h"
#include "record/record.h"
#include "report/text.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

Result<std::string> rendered(const Record& record, const std::string& format, bool colour) {
    if (format == "text") {
        return render_text(record, {.colour = colour});
    }
    if (format == "json") {
        return encode(record);
    }
    return fail(Fault::usage, fmt::format("--format is text or json, not '{}'", format));
}

Result<ExitCode> report(const Invocation& invocation) {
    const auto record = read_record(invocation.text("DIR"));
    if (!record) {
        return fail(record.error());
    }
    const auto text =
        rendered(*record, invocation.text("format"), invocation.common.colour_out && !invocation.has("output"));
    if (!text) {
        return fail(text.error());
    }
    if (invocation.has("output")) {
        if (auto written = replace_file(invocation.text("output"), *text); !written) {
            return fail(std::move(written.error()));
        }
        return ExitCode::ok;
    }
    fmt::print("{}", *text);
    return ExitCode::ok;
}

}  // namespace

Command report_command() {
    Command command{
        .name = "report",
        .summary = "say what a record holds",
        .synopsis = {"DIR", "[--format FORMAT]", "[-o FILE]"},
        .description = {"Reads the record that a run left in DIR and writes it as a report. Nothing but the record is "
                        "consulted: the same record gives the same report on any machine."},
        .sections = {},
        .exit_status = {{"0", "the report was written, whatever its verdict"},
                        {"2", "DIR holds no record that this version can read, or the command line makes no sense"},
                        {"5", "the report could not be written"}},
        .examples = {{"blkhang report ~/.local/state/blkhang/runs/LAST", "verdict, reasons and stacks, for reading"},
                     {"blkhang report runs/stock --format json -o stock.json",
                      "the record as JSON, for other programs"}},
        .positionals = {{"DIR", true}},
        .options = {},
        .run = report,
    };
    command.options.add_options()  //
        ("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"), "text or json")(
            "output,o", po::value<std::string>()->value_name("FILE"),
            "write to FILE, which appears complete or not at all, instead of standard output");
    return command;
}

}  // namespace blkhang
