// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/findings.h"

#include <fmt/format.h>

#include "base/shown.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "publish/evidence.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

Result<ExitCode> list_findings(const Invocation& invocation) {
    Findings findings;
    for (const std::string& path : invocation.texts("DIR")) {
        const auto results = Directory::open(path).and_then(read_test_results);
        if (!results) {
            return fail(results.error());
        }
        findings.add(*results, path);
    }
    if (invocation.flag("json")) {
        print(Shown::lines(encode(findings)));
    } else {
        print(Shown::painted(
            render_findings(findings, {.columns = report_columns(), .colour = invocation.common.colour_out})));
    }
    return ExitCode::ok;
}

}  // namespace

Command findings_command() {
    Command command{
        .name = "findings",
        .summary = "list what records and matrices found, each once",
        .synopsis = {"DIR...", "[--json]"},
        .description =
            {"Each DIR is a directory that `blkhang run` or `blkhang matrix` wrote. Runs that show the same cycle are "
             "one "
             "finding, over all kernels: it is told by its signature, the locks of the cycle and the functions that "
             "have a queue frozen, and neither by addresses nor by disks or by who happened to own a mutex. Of each, "
             "it is said on which kernels with which profiles it was seen, in how many of the runs that came to a "
             "verdict (with the exact 95% interval), when first and last, and which change closed it, as far as that "
             "is known.",
             "Runs with a bug planted are no findings, and runs that calibrate are none."},
        .sections = {},
        .exit_status = {{"0", "the findings are listed, if there are any"},
                        {"2", "a DIR holds no record or matrix that this version can read"}},
        .examples = {{"blkhang findings ~/.local/state/blkhang/runs/*", "what all runs so far have found"},
                     {"blkhang findings matrices/weekly --json", "for other programs"}},
        .positionals = {{"DIR", true, true}},
        .options = {},
        .run = list_findings,
    };
    command.options.add_options()("json", po::bool_switch(), "as JSON");
    return command;
}

}  // namespace blkhang
