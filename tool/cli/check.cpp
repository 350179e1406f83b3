// SPDX-License-Identifier: GPL-2.0-only
#include <nlohmann/json.hpp>

#include "base/apart.h"
#include "base/shown.h"
#include "cli/command.h"
#include "guest/host_table.h"
#include "guest/survey_table.h"
#include "host/device_table.h"
#include "host/host_text.h"
#include "host/view_json.h"
#include "machine/device_claim.h"
#include "record/archive.h"
#include "run/host_survey.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr auto kSurveyTime = std::chrono::seconds(20);
// With that of the survey in it, which gives itself up.
constexpr auto kWholeTime = std::chrono::seconds(40);

Result<seen::Tier> tier_of(const Invocation& invocation) {
    return invocation.flag("no-attach") ? fail(Fault::unsupported, "not tried (--no-attach)")
                                        : survey_host(Deadline::after(kSurveyTime));
}

/// What is to be printed, after the letter that says whether anything is missing.
std::string host_answer(const Invocation& invocation) {
    const HostView view = look_at_host();
    const auto tier = tier_of(invocation);
    const auto devices = survey_devices(HostRoots(), linux_devices());
    const std::string verdict = ready(host_rows(view.facts)) ? "y" : "n";
    if (invocation.flag("json")) {
        auto json = view_json(view);
        json["tier"] = tier_json(tier);
        json["devices"] = devices_json(devices);
        return verdict + to_text(json);
    }
    return verdict + host_text(view, tier, invocation.common.colour_out) +
           devices_text(devices, invocation.common.verbosity == Verbosity::verbose, invocation.common.colour_out);
}

Result<ExitCode> check_host(const Invocation& invocation) {
    const auto answer = answer_apart([&] { return host_answer(invocation); }, Deadline::after(kWholeTime));
    if (!answer) {
        return fail(answer.error());
    }
    if (!*answer || (*answer)->empty()) {
        return fail(
            Error(Fault::broken, "looking at this host did not return: does it hang already?")
                .hint("echo w > /proc/sysrq-trigger shows where tasks are stuck, and: dmesg | blkhang diagnose -"));
    }
    const std::string text = (*answer)->substr(1);
    print(invocation.flag("json") ? Shown::lines(text) : Shown::painted(text));
    return (*answer)->front() == 'y' ? ExitCode::ok : ExitCode::unsupported;
}

Result<ExitCode> check_kernel(const Invocation& invocation) {
    if (invocation.flag("no-attach")) {
        return fail(Fault::usage, "--no-attach is about this host: with --guest nothing is attached to it");
    }
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
        .summary = "is this host at risk, would it be seen, and what do runs need here",
        .synopsis = {"[--guest KERNEL]", "[--json]", "[--no-attach]"},
        .description =
            {R"(Without --guest, answers for this host: which members of the family of hangs does the very kernel
that runs here leave possible, and what on this host would set them off? That is inferred from its
type information (BTF), the names of its functions and its build options, and from where swap goes
(through partitions, volumes and files, down to the queues of disks), who writes to schedulers,
limits and other settings of those (udev, systemd, tuned, tmpfiles.d, sysfs.conf, libvirt, scripts),
cgroups with limits, virtual machines, and how short of memory it is. What a program does without a
file that says so is not found.)",
             R"(Then: would a hang be seen? The tier that works here, who owns the cgroups, and each way by which
evidence leaves or is kept, with a line of advice. Last, what runs in guests need: programs, KVM,
memory.)",
             R"(Of each disk it says whether anybody is known to use it or to want it: `unused`, or the first reason
why not, and with -v or --json all of them, each with the fact behind it and what would clear it.
blkhang writes to no device that was not given to it by: blkhang prepare --help)",
             R"(Nothing is changed. To ask after disks, they are opened for a moment, exclusively too, and read. One
thing is tried: probes are attached to this host's kernel, silent, and detached again, which takes
root, and a process of its own. It is not tried while a task waits for pcpu_alloc_mutex, which
attaching needs, nor with --no-attach. All else is reading, as an ordinary user too; what could not
be read is listed. On a machine that is already stuck both may block: they are given up after 20 s
and 40 s, and the process that is stuck may stay.)",
             R"(With --guest, boots that kernel in a guest, without any load, and lists how well it can be watched:
the tier (fentry, kprobe, tracepoint), the probes that attach, those that do not and why; by which
fingerprints its sources are known; and which members of the family of hangs those sources leave
possible. Possible is not proven: a run tells.)",
             R"(A row is `ok`, `note` (worth knowing), `risk` (something here can set it off) or `missing` (runs in
guests need it), with what can be done about it. Only what is missing counts for the exit status.)"},
        .sections = {},
        .exit_status = {{"0", "everything that runs need is there"},
                        {"2", "KERNEL is unknown"},
                        {"4", "something is missing; all of it is listed"},
                        {"5", "the guest did not boot, or this host did not answer in time"}},
        .examples = {{"blkhang check", "can this host hang, would it be seen, and is it ready to run guests?"},
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
        ("no-attach", po::bool_switch(), "attach no probe to this host's kernel: the tier stays unknown")       //
        ("json", po::bool_switch(), "as JSON on standard output; its keys are in reports/check.schema.json");
    return command;
}

}  // namespace blkhang
