// SPDX-License-Identifier: GPL-2.0-only
#include "guest/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <optional>

#include "base/clock.h"
#include "base/signals.h"
#include "base/sizes.h"
#include "build_version.h"
#include "guest/plan.h"
#include "guest/record_directory.h"
#include "guest/scale.h"
#include "lab/accelerator.h"
#include "lab/kernel_config.h"
#include "lab/known_kernels.h"
#include "lab/plant.h"
#include "lab/qemu.h"
#include "machine/build_config.h"
#include "profile/profile_toml.h"
#include "record/recorder.h"
#include "stage/guest_disks.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNotBooted =
    "the guest did not boot: it went on from the state of one that was ready for the same load, so that both have one "
    "boot in common";

Status not_interrupted() {
    if (interrupted()) {
        return fail(Fault::broken, "interrupted");
    }
    return {};
}

Ended ended(GuestOutcome::End end) {
    switch (end) {
        case GuestOutcome::End::finished:
            return Ended::orderly;
        case GuestOutcome::End::lost:
            return Ended::lost;
        case GuestOutcome::End::did_not_boot:
            return Ended::did_not_boot;
        case GuestOutcome::End::timed_out:
            return Ended::timed_out;
        case GuestOutcome::End::interrupted:
            break;
    }
    return Ended::interrupted;
}

Job job_of(const RunRequest& request) {
    Job job;
    job.profile = request.profile;
    job.plant = request.plant;
    return job;
}

GuestPlan planned(const RunRequest& request, Kernel kernel, fs::path plant) {
    GuestPlan plan = plan_guest(job_of(request), std::move(kernel), std::move(plant));
    plan.run_limit = request.deadline.value_or(plan.run_limit);
    plan.boot_state = request.boot_state;
    return plan;
}

/// Kernel and planted bug on local disk, and the guest that they make.
/// Where KVM works, `chosen` tells what of the load became more.
Result<GuestPlan> prepare(RunRequest& request, std::vector<std::string>& chosen, Progress& progress) {
    progress.enter("kernel");
    auto kernel = obtain_kernel(request.kernel);
    if (!kernel) {
        return fail(kernel.error());
    }
    if (!kernel->plant.empty()) {
        if (!request.plant.empty()) {
            return fail(Fault::usage, fmt::format("{}: it has a plant of its own, {}", kernel->label, kernel->plant));
        }
        request.plant = kernel->plant;
    }
    if (!request.label.empty()) {
        kernel->label = request.label;
    }
    fs::path plant;
    if (!request.plant.empty()) {
        progress.enter("plant");
        auto built = build_plant(request.plant, *kernel);
        if (!built) {
            return fail(built.error());
        }
        plant = std::move(*built);
    }
    if (choose_accelerator(kernel->image) == Accelerator::kvm) {
        auto larger = scaled(request.profile, size_under_kvm(request.profile));
        if (!larger) {
            return fail(larger.error());
        }
        request.profile = std::move(larger->profile);
        chosen = std::move(larger->chosen);
    }
    return planned(request, std::move(*kernel), std::move(plant));
}

/// QEMU's command line, with descriptors numbered as if there were no others.
std::vector<std::string> guest_command(const GuestPlan& plan, const std::string& kernel) {
    int descriptor = STDERR_FILENO;
    Machine machine;
    machine.kernel = kernel;
    machine.command_line = kernel_command_line(plan.possible_cpus);
    machine.memory = plan.memory;
    machine.cpus = plan.cpus;
    machine.possible_cpus = plan.possible_cpus;
    machine.initramfs = ++descriptor;
    machine.console = ++descriptor;
    machine.stream = ++descriptor;
    machine.page = ++descriptor;
    machine.messages = ++descriptor;
    for (std::size_t i = 0; i < plan.disks.size(); ++i) {
        machine.disks.push_back(++descriptor);
    }
    std::vector<Child::Inherit> inherited;
    return qemu_arguments(machine, inherited);
}

}  // namespace

PlanRows describe(const RunRequest& request) {
    const GuestPlan plan = planned(request, {}, {});
    const auto disks = guest_disks(request.profile);
    PlanRows rows{{"kernel", request.kernel_text +
                                 (request.plant.empty() ? "" : fmt::format(", with {} planted in it", request.plant))},
                  {"guest", fmt::format("{}, at most {}; with KVM if that works",
                                        fmt::join(guest_command(plan, request.kernel_text), " "),
                                        format_duration(plan.run_limit))},
                  {"disks", fmt::format("in memory: {} (data, {}), {} (swap, {} each)", disks.data,
                                        format_size(request.profile.guest.data_disk), fmt::join(disks.swap, " "),
                                        format_size(request.profile.swap.size))}};
    if (!disks.behind_swap.empty()) {
        rows.emplace_back("disks",
                          fmt::format("served by a process in the guest from {}", fmt::join(disks.behind_swap, " ")));
    }
    if (!disks.spare.empty()) {
        rows.emplace_back("disks", fmt::format("spare, for triggers: {}", fmt::join(disks.spare, " ")));
    }
    rows.emplace_back("record",
                      request.directory.empty() ? "a new directory among the runs" : request.directory.string());
    return rows;
}

Result<RunResult> run_in_guest(RunRequest request, Progress::Kind kind) {
    const std::string started = utc_now();
    const std::uint64_t start_ns = monotonic_ns();
    // A directory that was named is taken before anything is fetched; another is called by the kernel's release.
    std::optional<RecordClaim> claim;
    if (!request.directory.empty()) {
        auto taken = RecordClaim::make(request.directory);
        if (!taken) {
            return fail(taken.error());
        }
        claim = std::move(*taken);
    }
    Progress progress(STDERR_FILENO, kind, request.profile.duration);
    std::vector<std::string> chosen;
    const auto plan = prepare(request, chosen, progress);
    if (auto status = not_interrupted(); !status) {
        return fail(status.error());
    }
    if (!plan) {
        return fail(plan.error());
    }
    if (!claim) {
        auto taken = new_record_directory({request.profile.name, plan->kernel.release, request.plant})
                         .and_then(RecordClaim::make);
        if (!taken) {
            return fail(taken.error());
        }
        claim = std::move(*taken);
    }
    const fs::path directory = claim->directory().path();
    const auto config = config_of(plan->kernel);
    auto recorder = Recorder::open(std::move(*claim),
                                   {request.profile.name, demands_of(request.profile), request.plant,
                                    plan->kernel.label, kVersion, kCommit, relevant_options(config)},
                                   request.profile);
    if (!recorder) {
        return fail(recorder.error());
    }
    recorder->kernel_config(config);

    progress.enter("boot");
    const auto outcome =
        run_guest(*plan, {.line =
                              [&](std::string_view line) {
                                  if (const auto observation = recorder->line(line)) {
                                      progress.observe(*observation);
                                      if (progress.asks_so_far()) {
                                          progress.so_far(recorder->so_far());
                                      }
                                  }
                              },
                          .overlong_line = [&](std::uint64_t bytes) { recorder->overlong_line(bytes); },
                          .console = [&](std::string_view chunk) { recorder->console(chunk); }});
    if (!outcome) {
        return fail(outcome.error());
    }
    auto record = recorder->finish(RunEnd{ended(outcome->end), outcome->detail, outcome->accelerator, started,
                                          seconds_since(start_ns), outcome->stayed_on},
                                   [&](Record& made) {
                                       for (auto& note : made.run.notes.value_or(std::vector<std::string>{})) {
                                           chosen.push_back(std::move(note));
                                       }
                                       if (!outcome->booted) {
                                           chosen.emplace_back(kNotBooted);
                                       }
                                       if (!chosen.empty()) {
                                           made.run.notes = std::move(chosen);
                                       }
                                   });
    if (!record) {
        return fail(record.error());
    }
    remember_fingerprints(plan->kernel, record->kernel.fingerprints);
    return RunResult{std::move(*record), directory};
}

}  // namespace blkhang
