// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/output.h"
#include "base/shown.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "publish/bundle.h"
#include "publish/format.h"
#include "report/export/kcidb.h"
#include "report/mail/kernel.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

std::optional<std::filesystem::path> path_of(const Invocation& invocation, const std::string& option) {
    return invocation.has(option) ? std::optional(std::filesystem::path(invocation.text(option))) : std::nullopt;
}

/// Options that only some formats heed, and these.
Status check_heeded(const Invocation& invocation, std::string_view format) {
    for (const auto& [option, value] : invocation.values) {
        const auto heeding = formats_that_heed(option);
        if (!value.defaulted() && !heeding.empty() &&
            std::find(heeding.begin(), heeding.end(), format) == heeding.end()) {
            return fail(Fault::usage,
                        fmt::format("--{} goes with --format {} only", option, fmt::join(heeding, " or ")));
        }
    }
    return {};
}

Result<TextOptions> text_options(const Invocation& invocation) {
    const bool to_file = invocation.has("output");
    TextOptions options{.columns = to_file ? kReportColumns : report_columns(),
                        .colour = invocation.common.colour_out && !to_file,
                        .directory = invocation.texts("DIR").front()};
    if (invocation.has("columns")) {
        const auto columns = parse_columns(invocation.text("columns"));
        if (!columns) {
            return fail(columns.error());
        }
        options.columns = *columns;
    }
    if (invocation.has("stacks")) {
        const auto stacks = parse_stacks(invocation.text("stacks"));
        if (!stacks) {
            return fail(stacks.error());
        }
        options.stacks = *stacks;
    }
    return options;
}

std::string text_or_empty(const Invocation& invocation, const std::string& option) {
    return invocation.has(option) ? invocation.text(option) : "";
}

/// A link goes into a mail as it is: of that kind, and one word.
bool is_link(std::string_view text) {
    return (text.starts_with("https://") || text.starts_with("http://")) &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '<' && c != '>'; });
}

Status add_commits_and_link(const Invocation& invocation, ReportRequest& request) {
    for (const auto& [option, to] : {std::pair{"commit", &request.commit}, {"bisected", &request.bisected}}) {
        *to = text_or_empty(invocation, option);
        if (!to->empty() && !is_commit(*to)) {
            return fail(Fault::usage,
                        fmt::format("--{} is a commit of git, 8 to 40 hexadecimal digits, not '{}'", option, *to));
        }
    }
    request.link = text_or_empty(invocation, "link");
    if (!request.link.empty() && !is_link(request.link)) {
        return fail(Fault::usage,
                    fmt::format("--link is an address that begins with https://, not '{}'", request.link));
    }
    return {};
}

Result<ReportRequest> report_request(const Invocation& invocation) {
    auto text = text_options(invocation);
    if (!text) {
        return fail(text.error());
    }
    const auto& directories = invocation.texts("DIR");
    ReportRequest request{.directory = directories.front(),
                          .others = {directories.begin() + 1, directories.end()},
                          .output = path_of(invocation, "output"),
                          .text = std::move(*text),
                          .flat = invocation.flag("flat"),
                          .baseline = path_of(invocation, "baseline"),
                          .tree = text_or_empty(invocation, "tree"),
                          .vmlinux = text_or_empty(invocation, "vmlinux"),
                          .kernel = text_or_empty(invocation, "kernel"),
                          .profile = text_or_empty(invocation, "profile"),
                          .config = text_or_empty(invocation, "config")};
    if (auto said = add_commits_and_link(invocation, request); !said) {
        return fail(said.error());
    }
    if (invocation.has("templates")) {
        request.templates = Templates::built_in();
        if (auto replaced = request.templates->replace_from(invocation.text("templates")); !replaced) {
            return fail(replaced.error());
        }
    }
    if (invocation.has("origin")) {
        request.origin = invocation.text("origin");
        if (!is_kcidb_origin(request.origin)) {
            return fail(Fault::usage, fmt::format("--origin is of lower-case letters, digits and underscores, not '{}'",
                                                  request.origin));
        }
    }
    return request;
}

Status check_bundle(const Invocation& invocation) {
    const bool bundle = invocation.has("bundle");
    if (invocation.flag("keep-identity") && !bundle) {
        return fail(Fault::usage, "--keep-identity goes with --bundle only");
    }
    if (bundle && (!invocation.values["format"].defaulted() || invocation.has("output"))) {
        return fail(Fault::usage, "--bundle is a file of its own: --format and -o do not go with it");
    }
    if (bundle && invocation.texts("DIR").size() > 1) {
        return fail(Fault::usage, "--bundle takes one DIR");
    }
    return {};
}

Result<ExitCode> report(const Invocation& invocation) {
    const auto format = find_format(invocation.text("format"));
    if (!format) {
        return fail(format.error());
    }
    if (auto heeded = check_heeded(invocation, format->name); !heeded) {
        return fail(heeded.error());
    }
    const auto request = report_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    if (auto good = check_bundle(invocation); !good) {
        return fail(good.error());
    }
    if (invocation.has("bundle")) {
        return write_bundle(request->directory, invocation.text("bundle"), invocation.flag("keep-identity"),
                            request->templates.value_or(Templates::built_in()))
            .map([] { return ExitCode::ok; });
    }
    const auto text = render(*format, *request);
    if (!text) {
        return fail(text.error());
    }
    if (invocation.has("output")) {
        const std::string file = invocation.text("output");
        const auto beside = format->beside != nullptr ? format->beside(file) : std::nullopt;
        return write_output(file, *text)
            .and_then([&] { return beside ? write_output(file + beside->suffix, beside->text) : Status(); })
            .map([] { return ExitCode::ok; });
    }
    print(Shown::painted(*text));
    return ExitCode::ok;
}

Command::Section mail_section() {
    return {
        "MAIL",
        {{"what it holds",
          "recipients, subject, what happened in which kernel and which functions, commit, tree and compiler as far as "
          "they are known, how often (fail:runs), the tasks of the cycle with their stacks, how to reproduce it, taint "
          "and configuration, and what was not tested; 75 "
          "columns, plain text. Without --tree it goes to the mailing lists that fit the functions in the stacks"},
         {"what it refuses", "a record that shows no hang and no hazard, and a bug that was planted"},
         {"a regression",
          "it is called one, with a #regzbot paragraph, only if --baseline has runs of an older kernel with the same "
          "profile and settings, all that came to a verdict are clean, and that by more than chance; where there are "
          "too few runs for that, only if every run failed, and the mail says so. Otherwise the mail says why it is "
          "none"},
         {"an answer to a patch",
          "where DIR is clean beyond chance and the baseline fails, the mail is the paragraph of blkhang compare "
          "BASELINE DIR --mail instead"},
         {"before it is sent", "read it. Kernels of distributions are warned of: try one of kernel.org first"}}};
}

Command::Section bundle_section() {
    return {"BUNDLE",
            {{"what it holds",
              "record.json, events.ndjson, console.log, kmsg.log, profile.toml, kernel.config, report.txt, and "
              "reproduce.sh, which makes the run again and exits as it does; of a matrix, all its runs. The same "
              "directory gives the same bytes"},
             {"what stays out",
              "names of hosts and users, IP and MAC addresses, serial numbers and UUIDs, wherever they stand, and "
              "this machine's and this user's own. Each is replaced by the same placeholder in every file (host-1, "
              "user-1, 192.0.2.1). Look through it all the same: a name that nothing announces is not known for one, "
              "and one that is short or a common word goes only where something announces it. This machine's and this "
              "user's own go even so, wherever they stand as words by themselves and not before a '=', unless they "
              "mean something else in a record or a kernel's log (root, test, swap, may, a task's name) or could be a "
              "byte in hexadecimal digits"}}};
}

Command::Section format_section() {
    Command::Section section{"FORMATS", {}};
    for (const ReportFormat& format : report_formats()) {
        section.terms.push_back({std::string(format.name), std::string(format.help)});
    }
    return section;
}

/// "text (the default), html, mail or json; see FORMATS".
std::string format_choices() {
    std::vector<std::string> names;
    for (const ReportFormat& format : report_formats()) {
        names.emplace_back(format.name);
    }
    names.front() += " (the default)";
    const std::string last = std::move(names.back());
    names.pop_back();
    return fmt::format("{} or {}; see FORMATS", fmt::join(names, ", "), last);
}

std::vector<Command::Section> sections() {
    return {format_section(),
            {"HOW VERDICTS BECOME TEST RESULTS",
             {{"clean", "passes"},
              {"hang, hazard", "fails; if it was asked for with a bug planted that must hang, an expected failure"},
              {"inconclusive, unsupported",
               "skipped, as is a clean that --calibrate finds to mean nothing: none says anything about the kernel"},
              {"error",
               "error; for KCIDB, MISS if the run never got as far as its load. A matrix that was cut short "
               "has an error of its own, except in KCIDB"},
              {"calibration",
               "the runs that --calibrate adds test blkhang, so they are the other way round: hang passes, clean and "
               "hazard are an error, the rest are as above"}}},
            mail_section(),
            bundle_section()};
}

}  // namespace

Command report_command() {
    Command command{
        .name = "report",
        .summary = "say what a record, a matrix or several of them hold",
        .synopsis = {"DIR...", "[--format FORMAT]", "[--stacks full]", "[--columns N]", "[--templates DIR]",
                     "[--baseline DIR]", "[--tree DIR]", "[--vmlinux FILE]", "[--config FILE]", "[--link URL]",
                     "[--commit HASH]", "[--bisected HASH]", "[--kernel KERNEL]", "[--profile PROFILE]",
                     "[--origin NAME]", "[--flat]", "[--bundle FILE.tar.zst [--keep-identity]]", "[-o FILE]"},
        .description = {"Reads the record that a run left in DIR, or the matrix that many left there, and writes it as "
                        "a report. Nothing else is consulted, unless --baseline, --tree, --vmlinux or --config name "
                        "it: the same record "
                        "gives the same report on any machine.",
                        "Pages and metrics are also made of several: of every DIR, and of all that lie below one that "
                        "is neither a record nor a matrix. Links are not followed there, and what cannot be read, such "
                        "as a matrix that still runs, is left out, and that is said."},
        .sections = sections(),
        .exit_status = {{"0", "the report was written, whatever its verdict"},
                        {"2",
                         "DIR holds no record or matrix that this version can read, or nothing to write a mail about, "
                         "or a run that no "
                         "script can make, or the command line makes no sense"},
                        {"5", "the report could not be written"}},
        .examples = {{"blkhang report ~/.local/state/blkhang/runs/LAST", "verdict, reasons and stacks, for reading"},
                     {"blkhang report matrices/weekly", "the table of a matrix, and what needs attention"},
                     {"blkhang report runs/stock --format html -o stock.html", "a page to look at, or to attach"},
                     {"blkhang report today --format html --baseline weekly -o today.html",
                      "the matrix as a page, on which stands out what has changed"},
                     {"blkhang report matrices --format html -o matrices/history.html",
                      "all matrices below a folder as one page: how each profile fared from kernel to kernel"},
                     {"blkhang report matrices/weekly --format openmetrics -o blkhang.prom",
                      "for a dashboard, through the textfile collector of Prometheus' node_exporter"},
                     {"blkhang report runs/hang --stacks full", "with every frame of every stack"},
                     {"blkhang report runs/stock --format json -o stock.json",
                      "the record as JSON, for other programs"},
                     {"blkhang report matrices/weekly --format ktap", "results for a kernel test runner"},
                     {"blkhang report matrices/weekly --format junit -o junit.xml", "results for a CI server"},
                     {"blkhang report matrices/weekly --format kcidb --origin lab -o kcidb.json",
                      "results to check with kcidb-validate, and to submit"},
                     {"blkhang report bad --format mail --baseline good --tree linux -o mail.txt",
                      "a bug report, to read and then to send with git send-email mail.txt"},
                     {"blkhang report bad --format repro -o repro.sh",
                      "a script for a maintainer, who has no blkhang: sh repro.sh /dev/vdb BYTES"},
                     {"blkhang report bad --format mail --tree linux --bisected 123456789abc",
                      "with the commit that git bisect named, and to its author"},
                     {"blkhang report bad --bundle bad.tar.zst", "all that others need to look into it"}},
        .positionals = {{"DIR", true, true}},
        .options = {},
        .run = report,
    };
    command.options.add_options()  //
        ("format",
         po::value<std::string>()->value_name("FORMAT")->default_value(std::string(report_formats().front().name)),
         format_choices().c_str())  //
        ("stacks", po::value<std::string>()->value_name("WHICH"),
         "for the text of a record: full shows every frame that was recorded; telling (the default) folds those that "
         "say nothing")  //
        ("columns", po::value<std::string>()->value_name("N"),
         "for text: no wider than N, from 60 to 160; by default as wide as the terminal, else as COLUMNS says, else "
         "(and in a FILE) 80")  //
        ("templates", po::value<std::string>()->value_name("DIR"),
         "for html, mail, a bundle, and the text of a record: words and order from the templates in DIR instead of "
         "those built in")  //
        ("origin", po::value<std::string>()->value_name("NAME"),
         "for kcidb: the CI system that the results come from, by its name there; blkhang by default")          //
        ("flat", po::bool_switch(), "for ktap: tests in a row, named with their kernels, instead of subtests")  //
        ("baseline", po::value<std::string>()->value_name("DIR"),
         "for mail: a record or a matrix of another kernel, with the same profile; for html of a matrix: an earlier "
         "one, to which differences are shown")  //
        ("tree", po::value<std::string>()->value_name("DIR"),
         "for mail: kernel sources, whose scripts/get_maintainer.pl names the recipients")  //
        ("vmlinux", po::value<std::string>()->value_name("FILE"),
         "for mail: the kernel's image with debug information, for file and line of each frame (addr2line)")  //
        ("config", po::value<std::string>()->value_name("FILE"),
         "for mail: the kernel's .config, to be attached, without names of machines and people; else the one that the "
         "run "
         "has recorded (kernel.config) is, unless --link says where more stands")  //
        ("link", po::value<std::string>()->value_name("URL"),
         "for mail: where this report, or more of its evidence, stands; also as Closes:, ready for whoever fixes it")  //
        ("commit", po::value<std::string>()->value_name("HASH"),
         "for mail and kcidb: the commit of git that the kernel was built from, where its release does not say "
         "(6.18.3-00012-g123456789abc does)")  //
        ("bisected", po::value<std::string>()->value_name("HASH"),
         "for mail: the commit that a bisection ended at; with --tree, which has to be that repository, its author and "
         "who signed it off get the mail, and there is a Fixes:")  //
        ("kernel", po::value<std::string>()->value_name("KERNEL"),
         "for mail, of a matrix: the kernel to report, as the matrix calls it")  //
        ("profile", po::value<std::string>()->value_name("PROFILE"),
         "for mail, of a matrix: the profile to report")  //
        ("bundle", po::value<std::string>()->value_name("FILE.tar.zst"),
         "instead of a report, pack DIR with one and a script to reproduce it; see BUNDLE")  //
        ("keep-identity", po::bool_switch(), "for --bundle: replace nothing")(
            "output,o", po::value<std::string>()->value_name("FILE"),
            "write to FILE instead of standard output; a regular file appears complete or not at all");
    return command;
}

}  // namespace blkhang
