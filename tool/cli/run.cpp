// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "base/shown.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "guest/record_directory.h"
#include "guest/run.h"
#include "lab/kernel.h"
#include "profile/kernel_spec.h"
#include "profile/plants.h"
#include "profile/profile_toml.h"
#include "profile/resolve.h"
#include "report/repro/reproducer.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

/// Everything that can be wrong with the request is found here, before anything is fetched or started.
Result<RunRequest> run_request(const Invocation& invocation) {
    if (!invocation.has("guest")) {
        return fail(Error(Fault::usage, "--guest is missing: this version loads guests only, never the host itself")
                        .hint("for example: --guest deb:6.1"));
    }
    auto profile = resolve_profile(invocation.text("PROFILE"), sets_of(invocation));
    if (!profile) {
        return fail(profile.error());
    }
    auto kernel = parse_kernel_spec(invocation.text("guest"));
    if (!kernel) {
        return fail(kernel.error());
    }
    if (auto there = check_kernel_files(*kernel); !there) {
        return fail(there.error());
    }
    RunRequest request{std::move(*profile), invocation.text("guest"), std::move(*kernel), "", {}, ""};
    const auto deadline = deadline_of(invocation);
    if (!deadline) {
        return fail(deadline.error());
    }
    request.deadline = *deadline;
    if (invocation.has("plant")) {
        request.plant = invocation.text("plant");
        if (auto known = check_plant_name(request.plant); !known) {
            return fail(known.error());
        }
    }
    if (invocation.has("out")) {
        request.directory = invocation.text("out");
    }
    return request;
}

Result<ExitCode> run(const Invocation& invocation) {
    auto request = run_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    if (invocation.flag("dry-run")) {
        print(Shown::lines(describe(*request)));
        return ExitCode::ok;
    }
    catch_interrupts();
    const auto done = run_in_guest(*request, progress_kind(invocation.common));
    if (!done) {
        return fail(done.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(encode(done->record)));
    } else {
        const TextOptions options{.columns = report_columns(),
                                  .colour = invocation.common.colour_out,
                                  .directory = done->directory.string(),
                                  .as_shipped = is_as_shipped(request->profile)};
        print(shown("{}\nrecord: {}\n", Shown::painted(render_text(done->record, options)), done->directory.string()));
    }
    return exit_code(done->record.verdict.value);
}

}  // namespace

Command run_command_line() {
    Command command{
        .name = "run",
        .summary = "provoke a hang in a guest and give a verdict on its kernel",
        .synopsis = {"PROFILE", "--guest KERNEL", "[--plant NAME]", "[--duration TIME]", "[--set KEY=VALUE]...",
                     "[--deadline TIME]", "[--out DIR]", "[--dry-run]", "[--json]"},
        .description =
            {"Boots KERNEL in a throwaway QEMU guest, stages what PROFILE describes, puts its load on, watches how the "
             "kernel's locks nest, and stops at the first proof of a deadlock or after the profile's duration. Leaves "
             "a record and prints a report of it.",
             "PROFILE is the name of a shipped profile (see: blkhang profiles) or the path of a .toml file.",
             "On a terminal one line shows the phase, the rates and the verdict so far; elsewhere there is a plain "
             "line now and then. Ctrl-C ends the run in good order: what was seen until then is recorded, the verdict "
             "is error, no guest is left behind. A second one ends it at once, without a record.",
             "A guest may say what it likes: of what it sends no more is kept than makes sense, the record tells what "
             "was left out, and a run of which something was left out is never called clean."},
        .sections = {{"KERNEL",
                      {{"deb:6.1",
                        "the newest Debian cloud kernel of that series, fetched by apt into a cache of its own, "
                        "signatures checked"},
                       {"deb:PACKAGE[=VERSION][@SUITE]", "one Debian package, in that version, from that suite"},
                       {"file:BZIMAGE[,modules=DIR]",
                        "an image, and the directory that holds its lib/modules/RELEASE; without modules, a monolithic "
                        "kernel"},
                       {"tree:DIR",
                        "a kernel build tree; or a directory without a built kernel, whose file blkhang.kernel names "
                        "in its first line the KERNEL that it stands for, KERNEL,plant=NAME to plant a bug into it"},
                       {"running", "the kernel that runs here, as installed under /boot"}}}},
        .exit_status =
            {{"0", "clean: exercised as the profile demands, no lock cycle seen"},
             {"1",
              "hang or hazard: a deadlock was proven; or locks nest so that one is possible, or tasks waited "
              "for each other in a circle over memory for 5 s or more, which dissolved or had not stood for "
              "a minute when the run ended"},
             {"2", "the command line, PROFILE or KERNEL makes no sense"},
             {"3", "inconclusive: the path was not exercised enough, or events were lost"},
             {"4", "unsupported: the kernel lacks what the profile needs"},
             {"5", "error: blkhang or its guest broke, or the run was interrupted"}},
        .examples = {{"blkhang run elv-switch --guest running",
                      "does the kernel that runs here hang, in a guest, when the disk that holds the swap gets another "
                      "IO scheduler?"},
                     {"blkhang run kvm-2011 --guest deb:6.1",
                      "does Debian's newest 6.1 hang as KVM hosts did in 2011?"},
                     {"blkhang run kvm-2011 --guest deb:6.1 --plant sync-alloc",
                      "it must be called a hang once the bug of 2011 is planted in it"},
                     {"blkhang run iomax-first --guest tree:. --exit-style bisect",
                      "as the test of `git bisect run`, in a kernel build tree"},
                     {"blkhang run kvm-2011 --guest deb:6.1 --set cgroup.version=1 --json",
                      "cgroup v1; the record as JSON"}},
        .positionals = {{"PROFILE", true}},
        .options = {},
        .run = run,
    };
    command.options.add_options()  //
        ("guest", po::value<std::string>()->value_name("KERNEL"),
         "the kernel to boot; required, since this version never loads the host itself")  //
        ("plant", po::value<std::string>()->value_name("NAME"),
         fmt::format("plant this known bug into the kernel, to see that it would be found: {}", plants_in_words())
             .c_str())  //
        ("duration", po::value<std::string>()->value_name("TIME"),
         "length of the load, such as 60s or 2m, instead of the profile's, and without its patience: a run that lacks "
         "coverage gets no more time. A proof ends the load sooner; only a circle of waits over memory that has stood "
         "for 5 s makes it go on, for up to 90 s")  //
        ("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
         "change one value of the profile; may be repeated")  //
        ("deadline", po::value<std::string>()->value_name("TIME"),
         "after which the guest is given up, whatever it does; by default what the profile may take at most, and the "
         "time around the load")  //
        ("out", po::value<std::string>()->value_name("DIR"),
         "where the record goes; by default a new directory named after time, profile, kernel and planted bug, in "
         "$XDG_STATE_HOME/blkhang/runs or ~/.local/state/blkhang/runs")               //
        ("dry-run", po::bool_switch(), "say what would be done, and change nothing")  //
        ("json", po::bool_switch(), "print the record as JSON instead of the report");
    return command;
}

}  // namespace blkhang
