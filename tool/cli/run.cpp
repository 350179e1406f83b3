// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/nearest.h"
#include "base/shown.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/host_run_options.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "guest/plan_rows.h"
#include "guest/record_directory.h"
#include "guest/run.h"
#include "guest/scale.h"
#include "lab/kernel.h"
#include "onhost/host_run.h"
#include "onhost/objections.h"
#include "onhost/plan_text.h"
#include "onhost/reboot_text.h"
#include "onhost/situation.h"
#include "profile/kernel_spec.h"
#include "profile/plants.h"
#include "profile/profile_toml.h"
#include "profile/resolve.h"
#include "report/repro/reproducer.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

/// Those that say nothing where a guest is loaded.
Status no_host_options(const Invocation& invocation) {
    for (const char* name :
         {"disk", "swap-disk", "files", "null-blk", "global-pressure", "guest-image", "memory-budget", "beside",
          "accept-freeze", "heal", "watchdog", "give-up", "journal", "collector", "key"}) {
        if (invocation.given(name)) {
            return fail(Fault::usage, fmt::format("--{} is about this host: it goes with --on-this-host", name));
        }
    }
    return {};
}

/// Everything that can be wrong with the request is found here, before anything is fetched or started.
Result<RunRequest> run_request(const Invocation& invocation) {
    if (!invocation.has("guest")) {
        return fail(Error(Fault::usage, "--guest is missing, and the host itself is not loaded without --on-this-host")
                        .hint("for example: --guest deb:6.1"));
    }
    if (auto none = no_host_options(invocation); !none) {
        return fail(none.error());
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

/// The report of it, as asked for.
void show_record(const Invocation& invocation, const Record& record, const std::filesystem::path& directory,
                 const Profile& profile) {
    if (invocation.flag("json")) {
        print(Shown::lines(encode(record)));
        return;
    }
    const TextOptions options{.columns = report_columns(),
                              .colour = invocation.common.colour_out,
                              .directory = directory.string(),
                              .as_shipped = is_as_shipped(profile),
                              .on_host = invocation.flag("on-this-host") ? host_run_options_again(invocation) : ""};
    print(shown("{}\nrecord: {}\n", Shown::painted(render_text(record, options)), directory.string()));
    if (scrolls_away()) {
        print(shown("\n{}\n", Shown::painted(headline_of(record, options.colour))));
    }
}

void show_plan(const Invocation& invocation, const PlanRows& rows, const Profile& profile) {
    print(Shown::lines(invocation.flag("json") ? plan_json(rows, profile) : plan_text(rows, profile)));
}

Error not_here(const Objections& against) {
    auto messages = against.refused;
    std::ranges::transform(against.consents, std::back_inserter(messages),
                           [](const auto& what) { return what + ": --accept-freeze accepts that"; });
    messages.insert(messages.begin(), "no load is put on this host:");
    return {Fault::unsupported, std::move(messages)};
}

Result<ExitCode> run_here(const Invocation& invocation) {
    auto request = host_run_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    request->notice = [](const std::string& text) { complain(shown("blkhang: {}\n", text)); };
    const auto situation = look_at_situation(*request);
    const auto profile = scaled(request->profile, size_for(*request, situation));
    const auto against = objections(*request, profile ? profile->profile : request->profile, situation);
    if (invocation.flag("dry-run")) {
        show_plan(invocation, describe(*request, profile, situation, against),
                  profile ? profile->profile : request->profile);
        return ExitCode::ok;
    }
    if (!against.none()) {
        return fail(not_here(against));
    }
    if (!profile) {
        return fail(profile.error());
    }
    catch_interrupts();
    const auto done = run_on_this_host(*request, *profile, progress_kind(invocation.common));
    if (!done) {
        return fail(done.error());
    }
    show_record(invocation, done->record, request->directory, request->profile);
    for (const auto& left : done->left) {
        complain(shown("blkhang: not undone: {}\n", left));
    }
    if (done->needs_reboot) {
        for (const auto& sentence : about_the_reboot(*request, situation.running)) {
            complain(shown("blkhang: {}\n", sentence));
        }
    }
    const auto code = exit_code(done->record.verdict.value);
    // Who looks at no more than that would go on with a host that is not as it was before.
    return code == ExitCode::ok && !done->left.empty() ? ExitCode::broken : code;
}

Result<ExitCode> run(const Invocation& invocation) {
    if (invocation.flag("on-this-host")) {
        return run_here(invocation);
    }
    auto request = run_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    if (invocation.flag("dry-run")) {
        show_plan(invocation, describe(*request), request->profile);
        return ExitCode::ok;
    }
    catch_interrupts();
    const auto done = run_in_guest(*request, progress_kind(invocation.common));
    if (!done) {
        return fail(done.error());
    }
    show_record(invocation, done->record, done->directory, request->profile);
    return exit_code(done->record.verdict.value);
}

}  // namespace

Command run_command_line() {
    Command command{
        .name = "run",
        .summary = "provoke a hang, in a guest or on this host, and give a verdict on its kernel",
        .synopsis = {"PROFILE", "--guest KERNEL | --on-this-host DISKS", "[--plant NAME]", "[--duration TIME]",
                     "[--set KEY=VALUE]...", "[--deadline TIME]", "[--out DIR]", "[--dry-run]", "[--json]"},
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
        .sections =
            {{"KERNEL",
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
               {"running", "the kernel that runs here, as installed under /boot"}}},
             {"ON THIS HOST",
              {{"--on-this-host",
                "The load runs on the machine itself, with its kernel: in a scope that systemd leaves to it, "
                "on disks that were prepared for that (--disk, --swap-disk) or are made for it (--files, "
                "--null-blk), as large as the machine needs it. It is refused where something speaks against "
                "it, and all of that is listed; --dry-run says what would be done."},
               {"May freeze",
                "All of this host, for good, if its kernel has the bug. Once that is proven the load is stopped, "
                "which ends some hangs. With --heal its own processes are killed one after the other before, to "
                "see which ends it; nobody else's ever. With --watchdog the host is reset by a hang that stands: "
                "on the same conditions as in `blkhang watch`."},
               {"Undone",
                "Each change is kept in a ledger, on disk, before it is made, and undone at the end, also if "
                "blkhang is killed: a guardian process does it then, and where that is gone, too, or after a "
                "reset, `blkhang cleanup`. What cannot be undone is named."}}}},
        .exit_status =
            {{"0", "clean: exercised as the profile demands, no lock cycle seen"},
             {"1",
              "hang or hazard: a deadlock was proven; or locks nest so that one is possible, or tasks waited "
              "for each other in a circle over memory for 5 s or more, which dissolved or had not stood for "
              "a minute when the run ended"},
             {"2", "the command line, PROFILE or KERNEL makes no sense"},
             {"3", "inconclusive: the path was not exercised enough, or events were lost"},
             {"4", "unsupported: the kernel lacks what the profile needs"},
             {"5",
              "error: blkhang or its guest broke, or the run was interrupted; or it was clean, and this host is not as "
              "it was before: what is not undone is named"}},
        .examples = {{"blkhang run elv-switch --guest running",
                      "does the kernel that runs here hang, in a guest, when the disk that holds the swap gets another "
                      "IO scheduler?"},
                     {"blkhang run kvm-2011 --guest deb:6.1",
                      "does Debian's newest 6.1 hang as KVM hosts did in 2011?"},
                     {"blkhang run kvm-2011 --guest deb:6.1 --plant sync-alloc",
                      "it must be called a hang once the bug of 2011 is planted in it"},
                     {"blkhang run iomax-first --guest tree:. --exit-style bisect",
                      "as the test of `git bisect run`, in a kernel build tree"},
                     {"blkhang run elv-switch --on-this-host --null-blk --dry-run",
                      "what would be done to this host to find that out on it, and what speaks against it?"},
                     {"blkhang run kvm-2011 --guest deb:6.1 --set cgroup.version=1 --json",
                      "cgroup v1; the record as JSON"}},
        .positionals = {{"PROFILE", true}},
        .options = {},
        .run = run,
    };
    command.options.add_options()  //
        ("guest", po::value<std::string>()->value_name("KERNEL"),
         "the kernel to boot; required, unless this host is to be loaded itself")  //
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
        ("json", po::bool_switch(),
         "print the record as JSON instead of the report; with --dry-run, what would be done");
    add_host_run_options(command.options);
    return command;
}

}  // namespace blkhang
