// SPDX-License-Identifier: GPL-2.0-only
#include "guest/plan.h"

#include <array>

#include "base/file.h"
#include "load/guests.h"
#include "stage/guest_disks.h"

namespace blkhang {
namespace {

constexpr const char* kStressNg = "/usr/bin/stress-ng";

// Emulated guests are slow to stage a thousand cgroups, and slower to give evidence under memory pressure.
constexpr std::chrono::seconds kAroundTheLoad{300};

/// QEMU, as it is on this machine: the program, its firmware, and what Debian's loads to emulate a CPU.
constexpr const char* kQemu = "/usr/bin/qemu-system-x86_64";
constexpr std::array kPartsOfQemu{"/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/linuxboot_dma.bin",
                                  "/usr/share/qemu/kvmvapic.bin", "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"};

/// An image that is 60 MiB larger, which an emulated guest unpacks.
constexpr int kTimesForQemu = 3;

void add_inner_guests(GuestPlan& plan, const Job& job) {
    plan.boot_limit *= kTimesForQemu;
    plan.programs.emplace_back(kQemu);
    for (const char* part : kPartsOfQemu) {
        if (is_there(part)) {  // else QEMU has it built in, or says itself what it misses
            plan.files[part] = part;
        }
    }
    if (job.profile.kvm.boot == KvmBoot::kernel) {
        Job inner;
        inner.kind = Job::Kind::write;
        inner.profile = job.profile;
        plan.inner_job = encode_job(inner);
    }
}

}  // namespace

Job check_job() {
    Job job;
    job.kind = Job::Kind::check;
    // The guest takes only complete profiles.
    job.profile.name = "check";
    job.profile.summary = "look at the kernel, put no load on it";
    return job;
}

GuestPlan plan_guest(const Job& job, Kernel kernel, std::filesystem::path plant) {
    GuestPlan plan;
    plan.kernel = std::move(kernel);
    plan.plant = std::move(plant);
    plan.job = encode_job(job);
    if (job.kind == Job::Kind::check) {
        plan.run_limit = plan.boot_limit * 2;
        return plan;
    }
    const Profile& profile = job.profile;
    plan.memory = profile.guest.memory;
    plan.cpus = profile.guest.cpus;
    plan.possible_cpus = profile.guest.possible_cpus;
    plan.modules = profile.guest.modules;
    plan.disks = guest_disks(profile).sizes;
    if (profile.pressure.vm > 0) {
        plan.programs.emplace_back(kStressNg);
    }
    if (profile.kvm.guests > 0) {
        add_inner_guests(plan, job);
    }
    plan.run_limit = plan.boot_limit + longest_start(profile.kvm.guests) + kAroundTheLoad + profile.duration +
                     profile.patience + kLivelockTime;
    return plan;
}

}  // namespace blkhang
