// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/output.h"
#include "base/shown.h"
#include "cli/command.h"
#include "cli/log_files.h"
#include "cli/terminal.h"
#include "klog/story_reader.h"
#include "publish/diagnosis.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

Result<LogStory> story_of(const std::vector<std::string>& paths) {
    StoryReader reader;
    const LogSink sink{.text = [&](std::string_view name) { reader.begin_text(name); },
                       .line = [&](std::string_view line) { reader.line(line); }};
    if (auto read = read_logs(paths, sink); !read) {
        return fail(read.error());
    }
    return reader.finish();
}

Result<TextOptions> diagnosis_options(const Invocation& invocation) {
    const bool to_file = invocation.has("output");
    return parse_stacks(invocation.text("stacks")).map([&](Stacks stacks) {
        return TextOptions{.columns = to_file ? kReportColumns : report_columns(),
                           .colour = invocation.common.colour_out && !to_file,
                           .stacks = stacks};
    });
}

std::vector<std::string> names_of(const std::vector<std::string>& paths) {
    std::vector<std::string> names;
    names.reserve(paths.size());
    for (const std::string& path : paths) {
        names.push_back(path == "-" ? "standard input" : path);
    }
    return names;
}

Result<ExitCode> diagnose_logs(const Invocation& invocation) {
    const std::string& format = invocation.text("format");
    if (std::ranges::find(kDiagnosisFormats, format) == std::end(kDiagnosisFormats)) {
        return fail(Fault::usage,
                    fmt::format("--format is one of {}, not '{}'", fmt::join(kDiagnosisFormats, ", "), format));
    }
    const auto options = diagnosis_options(invocation);
    if (!options) {
        return fail(options.error());
    }
    const std::string release = invocation.has("kernel") ? invocation.text("kernel") : "";
    if (!release.empty() && !kernel_version(release)) {
        return fail(Error(Fault::usage, fmt::format("--kernel: '{}' is no release of a kernel", release))
                        .hint("as uname -r says it: 6.1.0-56-cloud-amd64, or 6.12"));
    }
    auto story = story_of(invocation.texts("FILE"));
    if (story && invocation.has("vmlinux")) {
        story = with_lines(std::move(*story), invocation.text("vmlinux"));
    }
    if (!story) {
        return fail(story.error());
    }
    const Diagnosis diagnosis = diagnose(*story, release);
    const auto names = names_of(invocation.texts("FILE"));
    const auto report = write_diagnosis(diagnosis, format, names, *options);
    if (!report) {
        return fail(report.error());
    }
    if (invocation.has("output")) {
        if (auto written = write_output(invocation.text("output"), *report); !written) {
            return fail(written.error());
        }
    } else {
        print(Shown::painted(*report));
    }
    return exit_code(verdict_of(diagnosis.answer));
}

std::vector<Command::Section> diagnosis_sections() {
    return {
        {"ANSWERS",
         {{"proven by the log",
           "a deadlock: one stack takes the same mutex twice and sleeps for it; or tasks wait for each other in a "
           "circle of which no edge is inferred, and they stood still, or the kernel named the owners; or lockdep "
           "saw a task take pcpu_alloc_mutex while it had it"},
          {"fits a known hang",
           "the circle of a member of the family, by the functions in its stacks; what is inferred is said, most "
           "often that two stacks are about the same disk, which no stack names. Also a warning of lockdep whose "
           "chain is that of a member"},
          {"same family",
           "locks of the family in a circle of no known member, one half of a circle, or a circle that dissolved"},
          {"nobody holds it",
           "all wait for one disk, device, server or user program, or for memory, and no task holds it"},
          {"not of this family", "the log names another cause: a lock, a function, or a complaint of the kernel"},
          {"too little", "says what to capture next time, and how"}}},
        {"WHAT IS READ",
         {{"FILE",
           "text of a kernel's log as people keep it: dmesg, journalctl, syslog, a serial console, netconsole, pstore, "
           "what SysRq-w printed, /proc/PID/stack; \"-\" is standard input. Several files are one story: two dumps "
           "some seconds apart show who did not move"}}}};
}

}  // namespace

Command diagnose_command() {
    Command command{
        .name = "diagnose",
        .summary = "say what a kernel log of a past freeze tells",
        .synopsis = {"FILE...", "[--kernel RELEASE]", "[--vmlinux FILE]", "[--format FORMAT]", "[--stacks full]",
                     "[-o FILE]"},
        .description =
            {"Reads logs of a machine that froze, and says whether it was a hang of this family: tasks that wait for "
             "each other where block-cgroup IO, memory reclaim and per-CPU allocation meet. Nothing is watched and "
             "nothing is changed: what a task waits for and what it holds meanwhile is read off its stack, by what is "
             "known of the kernel's functions.",
             "A log shows less than a run: stacks name no disk, and the hung-task detector does not print who sleeps "
             "killably. So most hangs are said to fit, not to be proven, and what is inferred is told."},
        .sections = diagnosis_sections(),
        .exit_status =
            {{"0",
              "nobody holds it, or not of this family: the log itself names another cause. It does not say that the "
              "kernel is sound"},
             {"1", "proven (as a run's hang); fits, or same family (as a run's hazard)"},
             {"2",
              "a file cannot be read as text, --vmlinux is of another build or has no line numbers, there is nothing "
              "to write a mail about, or the command line makes no sense"},
             {"3", "too little"},
             {"5", "the report could not be written"}},
        .examples = {{"blkhang diagnose dmesg.txt", "what a saved log tells"},
                     {"journalctl -k -b -1 | blkhang diagnose -", "the log of the boot before this one"},
                     {"blkhang diagnose first.txt second.txt", "two dumps of the same freeze, some seconds apart"},
                     {"blkhang diagnose console.log --kernel 6.12 --stacks full",
                      "of a kernel whose log does not name it, with every frame of every stack"},
                     {"blkhang diagnose console.log --format html -o console.html", "a page to look at, or to attach"},
                     {"blkhang diagnose console.log --format mail -o mail.txt", "to read, and then to send"},
                     {"blkhang diagnose console.log --format json", "the same for other programs"}},
        .positionals = {{"FILE", true, true}},
        .options = {},
        .run = diagnose_logs,
    };
    command.options.add_options()  //
        ("kernel", po::value<std::string>()->value_name("RELEASE"),
         "the kernel that the log is of, as uname -r says it; by default what the log says")  //
        ("vmlinux", po::value<std::string>()->value_name("FILE"),
         "the image with debug information of the very kernel that the log is of, for file and line of each frame "
         "(addr2line). Functions that were inlined there count, too, where they tell what a task waits for or holds")  //
        ("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"),
         "text (the default), html (a page), mail (for the lists; names of hosts and users, addresses and serial "
         "numbers "
         "replaced) or json")  //
        ("stacks", po::value<std::string>()->value_name("WHICH")->default_value("telling"),
         "full shows every frame of every task; telling (the default) those of the circle, without frames that say "
         "nothing")("output,o", po::value<std::string>()->value_name("FILE"),
                    "write to FILE instead of standard output; a regular file appears complete or not at all");
    return command;
}

}  // namespace blkhang
