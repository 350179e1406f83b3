// SPDX-License-Identifier: GPL-2.0-only
//
// How long until WRITERS throttled writers, each in a cgroup of its own, are staged and started: by blkhang, and by
// libcgroup's own cgcreate, cgset and cgexec in a loop. Both in one guest, one after the other. The program is its own
// guest: as process 1 it measures, otherwise it boots itself and prints.
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "base/process.h"
#include "lab/guest.h"
#include "lab/kernel.h"
#include "load/crew.h"
#include "record/stream.h"
#include "run/port.h"
#include "stage/guest_site.h"
#include "stage/modules.h"
#include "stage/mounts.h"

namespace blkhang {
namespace {

constexpr std::uint32_t kWriters = 1000;
/// The tools do only so many, for the sake of time, and their time is scaled up. That favours them: each of their steps
/// takes longer the more cgroups there are.
constexpr std::uint32_t kToolWriters = 100;
constexpr std::uint64_t kWriteLimit = 65536;  // bytes/s
constexpr const char* kDisk = "vda";
constexpr auto kCommandTime = std::chrono::seconds(60);

std::uint64_t elapsed_us(std::uint64_t since_ns) { return (monotonic_ns() - since_ns) / 1000; }

Result<std::uint64_t> stage_with_blkhang(GuestSite& site) {
    const auto begin = monotonic_ns();
    Profile profile;
    profile.churn.workers = 0;
    profile.percpu.churners = 0;
    profile.writers.count = kWriters;
    profile.writers.span = 4096;
    profile.swap.disks = 0;
    profile.throttle.data.write_bytes_per_s = kWriteLimit;
    const auto cgroups =
        CgroupTree::open(site.staging().ledger, site.cgroup_library(), CgroupVersion::v2, site.terms().cgroup);
    auto counters = SharedCounters::make();
    if (!cgroups || !counters) {
        return fail(cgroups ? counters.error() : cgroups.error());
    }
    const auto load = find_load_site(profile, site, *cgroups);
    if (!load) {
        return fail(load.error());
    }
    auto crew = Crew::muster(profile, *load, **counters, [] {});
    if (!crew) {
        return fail(crew.error());
    }
    crew->start();
    while ((*counters)->writers < kWriters) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const auto elapsed = elapsed_us(begin);
    crew->dismiss();
    while (::wait(nullptr) > 0) {
    }
    for (std::uint32_t i = 0; i < kWriters; ++i) {
        static_cast<void>(cgroups->remove(fmt::format("writer{}", i)));
    }
    return elapsed;
}

Result<std::uint64_t> stage_with_tools(const std::string& disk) {
    const auto begin = monotonic_ns();
    for (std::uint32_t i = 0; i < kToolWriters; ++i) {
        const auto group = fmt::format("tools{}", i);
        const auto controllers = fmt::format("io,memory:{}", group);
        for (const auto& command : {std::vector<std::string>{"cgcreate", "-g", controllers},
                                    {"cgset", "-r", fmt::format("io.max={} wbps={}", disk, kWriteLimit), group}}) {
            if (auto done = command_stdout(command, Deadline::after(kCommandTime)); !done) {
                return fail(done.error());
            }
        }
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::execlp("cgexec", "cgexec", "-g", controllers.c_str(), "sleep", "1000", nullptr);
            ::_exit(127);
        }
    }
    return elapsed_us(begin) * kWriters / kToolWriters;
}

void measure(const Staging& staging, Port& port) {
    LibCgroup library;
    GuestSite site(staging, library);
    const auto version = site.provide_cgroups(CgroupVersion::v2);
    const auto online = site.provide_cpus();
    const auto disk = find_disk(staging.roots, kDisk);
    if (!version || !online || !disk) {
        port.send(seen::Failure{"the guest cannot be set up"});
        return;
    }
    const auto ours = stage_with_blkhang(site);
    port.send(seen::Tick{monotonic_ns()});
    const auto theirs = ours ? stage_with_tools(disk->number) : ours;
    if (!theirs) {
        port.send(seen::Failure{theirs.error().message()});
        return;
    }
    port.send(seen::Counters{0, {}, {}, {{"blkhang_us", *ours}, {"tools_us", *theirs}}, 0});
}

[[noreturn]] void guest() {
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    const auto roots = Roots::make({});
    ForgetfulLedger ledger;
    LinuxSyscalls calls;
    const Staging staging{*roots, ledger, calls};
    if (mount_system(staging) && insert_modules(staging, "/blkhang/modules.list")) {
        if (auto port = Port::find_virtio("blkhang.stream", Deadline::after(kCommandTime))) {
            port->send(seen::Phase{monotonic_ns(), "load"});
            measure(staging, *port);
            port->send(seen::End{monotonic_ns(), 0});
        }
    }
    ::reboot(RB_POWER_OFF);
    for (;;) {
        ::pause();
    }
}

void print(const Observation& observation) {
    if (const auto* failure = std::get_if<seen::Failure>(&observation)) {
        fmt::print("failed: {}\n", failure->message);
    }
    if (const auto* counters = std::get_if<seen::Counters>(&observation)) {
        const auto ours = static_cast<double>(counters->load.at("blkhang_us"));
        const auto theirs = static_cast<double>(counters->load.at("tools_us"));
        fmt::print(
            "{} writers: blkhang {:.2f} s, cgcreate + cgset + cgexec {:.2f} s (from {} of them): {:.1f} times faster\n",
            kWriters, ours / 1e6, theirs / 1e6, kToolWriters, theirs / ours);
    }
}

int host() {
    auto kernel = obtain_kernel(DebSeries{"6.1"});
    if (!kernel) {
        fmt::print(stderr, "{}\n", kernel.error().message());
        return 1;
    }
    GuestPlan plan;
    plan.kernel = std::move(*kernel);
    plan.memory = std::uint64_t{2} << 30U;
    plan.possible_cpus = 2;
    plan.disks = {std::uint64_t{64} << 20U};
    plan.programs = {"/usr/bin/cgcreate", "/usr/bin/cgset", "/usr/bin/cgexec", "/usr/bin/sleep"};
    plan.run_limit = std::chrono::seconds(900);
    plan.silence_limit = plan.run_limit;
    const auto outcome = run_guest(plan, {.line =
                                              [](std::string_view line) {
                                                  if (const auto observation = decode(line)) {
                                                      print(*observation);
                                                  }
                                              },
                                          .overlong_line = [](std::uint64_t) {},
                                          .console = [](std::string_view) {}});
    if (!outcome || outcome->end != GuestOutcome::End::finished) {
        fmt::print(stderr, "{}\n", outcome ? outcome->detail : outcome.error().message());
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace blkhang

int main() {
    if (::getpid() == 1) {
        blkhang::guest();
    }
    return blkhang::host();
}
