// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/shown.h"
#include "cli/command.h"
#include "guest/device_table.h"
#include "guest/host_table.h"
#include "guest/survey_table.h"
#include "machine/device_claim.h"
#include "record/archive.h"
#include "run/host_survey.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr auto kSurveyTime = std::chrono::seconds(20);

Result<ExitCode> check_host(const Invocation& invocation) {
    const HostFacts facts = gather_host_facts();
    const auto tier = survey_host(Deadline::after(kSurveyTime));
    std::vector<CheckRow> rows = host_rows(facts);
    std::ranges::move(tier_rows(tier), std::back_inserter(rows));
    const auto devices = survey_devices(HostRoots(), linux_devices());
    std::ranges::move(device_rows(devices, invocation.common.verbosity == Verbosity::verbose),
                      std::back_inserter(rows));
    if (invocation.flag("json")) {
        auto json = host_json(facts);
        json["tier"] = tier_json(tier);
        json["devices"] = devices_json(devices);
        print(Shown::lines(to_text(json)));
    } else {
        print(Shown::painted(table_text(rows, invocation.common.colour_out)));
    }
    return ready(rows) ? ExitCode::ok : ExitCode::unsupported;
}

Result<ExitCode> check_kernel(const Invocation& invocation) {
    const auto survey = survey_guest(invocation.text("guest"));
    if (!survey) {
        return fail(survey.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(to_text(survey_json(*survey))));
    } else {
        print(Shown::painted(table_text(survey_rows(*survey), invocation.common.colour_out)));
    }
    return survey->unsupported.empty() ? ExitCode::ok : ExitCode::unsupported;
}

Result<ExitCode> check(const Invocation& invocation) {
    return invocation.has("guest") ? check_kernel(invocation) : check_host(invocation);
}

}  // namespace

Command check_command() {
    Command command{
        .name = "check",
        .summary = "what this host or a kernel offers, and what is missing",
        .synopsis = {"[--guest KERNEL]", "[--json]"},
        .description = {"Without --guest, lists what this host offers for runs in guests: programs, KVM, memory, and "
                        "its own kernel, cgroups and swap. Changes nothing that lasts: probes are attached to "
                        "this host's kernel, silent, and detached again. On a machine that is already stuck in a hang "
                        "over per-CPU memory, attaching may block: it is given up after 20 s, and the process that "
                        "attaches may stay.",
                        "Of each disk it says whether anybody is known to use it or to want it: `unused`, or the first "
                        "reason why not, and with -v or --json all of them, each with the fact behind it and what "
                        "would clear it. To ask, devices are opened for a moment, exclusively too, and read. What "
                        "cannot be read is a reason: ask as root. blkhang writes to no device that was not given to it "
                        "by: blkhang prepare --help",
                        "With --guest, boots that kernel in a guest, without any load, and lists how well it can be "
                        "watched: the tier (fentry, kprobe, tracepoint), the probes that attach, those that do not and "
                        "why; by which fingerprints its sources are known; and which members of the family of hangs "
                        "those sources leave possible. Possible is not proven: a run tells.",
                        "A row is `ok`, `note` (runs go on without it) or `missing`, with what can be done about it."},
        .sections = {},
        .exit_status = {{"0", "everything that runs need is there"},
                        {"2", "KERNEL is unknown"},
                        {"4", "something is missing; all of it is listed"},
                        {"5", "the guest did not boot"}},
        .examples = {{"blkhang check", "is this host ready to run guests?"},
                     {"blkhang check --guest running",
                      "how well can the kernel that runs here be watched, and which hangs do its sources leave "
                      "possible?"},
                     {"blkhang check --guest deb:6.12", "how well can Debian's newest 6.12 be watched?"}},
        .positionals = {},
        .options = {},
        .run = check,
    };
    command.options.add_options()  //
        ("guest", po::value<std::string>()->value_name("KERNEL"),
         "look at this kernel instead of at this host; the forms of KERNEL are listed by: blkhang run --help")  //
        ("json", po::bool_switch(), "as JSON on standard output");
    return command;
}

}  // namespace blkhang
