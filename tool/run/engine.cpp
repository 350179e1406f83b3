// SPDX-License-Identifier: GPL-2.0-only
#include "run/engine.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "load/crew.h"
#include "load/disk.h"
#include "run/guest_boot.h"
#include "run/supervisor.h"
#include "stage/swap.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Strings of one progress report and of the largest stack dump, many times over.
constexpr std::size_t kHeapReserve = 6 << 20;
constexpr std::size_t kBallast = 4 << 20;
constexpr std::size_t kBlockedTaskLimit = 50;

void begin_phase(Port& port, const char* name) { port.send(seen::Phase{monotonic_ns(), name}); }

/// All that this kernel lacks, not only the first.
std::vector<std::string> find_reasons_against(const Job& job) {
    std::vector<std::string> reasons;
    const auto disks = guest_disks(job.profile);
    auto names = disks.swap;
    names.push_back(disks.data);
    for (const auto& disk : names) {
        if (!fs::exists("/dev/" + disk)) {
            reasons.push_back(fmt::format("there is no disk {} (is the virtio_blk driver built?)", disk));
        }
    }
    if (job.profile.pressure.vm > 0 && !fs::exists("/usr/bin/stress-ng")) {
        reasons.emplace_back("stress-ng is not in the guest");
    }
    if (!fs::exists("/proc/swaps")) {
        reasons.emplace_back("this kernel cannot swap (CONFIG_SWAP)");
    }
    return reasons;
}

Status set_memory_knobs(const Profile& profile) {
    return write_knob("/proc/sys/vm/swappiness", std::to_string(profile.swap.swappiness));
}

Result<LoadSite> prepare_site(const Profile& profile, const CgroupTree& cgroups) {
    const auto disks = guest_disks(profile);
    LoadSite site{.data_disk = fs::path("/dev") / disks.data, .throttles = {}, .cgroups = &cgroups};
    const auto data_number = disk_number(site.data_disk);
    if (!data_number) {
        return fail(data_number.error());
    }
    site.throttles.push_back({*data_number, profile.throttle.data});
    for (const auto& name : disks.swap) {
        const auto disk = fs::path("/dev") / name;
        const auto number = disk_number(disk);
        if (!number) {
            return fail(number.error());
        }
        site.throttles.push_back({*number, profile.throttle.swap});
        if (auto swapping = start_swapping(disk); !swapping) {
            return fail(swapping.error());
        }
    }
    if (auto set = set_memory_knobs(profile); !set) {
        return fail(set.error());
    }
    return site;
}

/// The first cgroup, member and throttle flip static keys, which patches code: better now, on one CPU, than under load.
Status warm_up(const CgroupTree& cgroups, const std::vector<DiskThrottle>& throttles) {
    constexpr const char* kName = "warm-up";
    if (auto made = cgroups.create(kName, throttles); !made) {
        return made;
    }
    return cgroups.remove(kName);
}

struct Watch {
    std::optional<Probe> probe;
    std::vector<std::string> reasons;  ///< why the kernel cannot be watched or lacks what the profile needs
};

Watch attach_probes(const Job& job) {
    Watch watch;
    if (!job.profile.probe.enabled) {
        return watch;
    }
    auto probe = Probe::attach(job.profile.probe.tier);
    if (probe) {
        watch.probe = std::move(*probe);
        if (!watch.probe->sees_mutex()) {
            watch.reasons.emplace_back("the address of pcpu_alloc_mutex is not in /proc/kallsyms");
        }
    } else {
        watch.reasons.push_back(probe.error().message());
    }
    return watch;
}

/// Who counts the bytes written to the data disk: the cgroups' statistics, and the plant's if one is loaded.
std::vector<ByteCount> find_byte_counts(const Job& job, const CgroupTree& cgroups, const std::string& data_number) {
    std::vector<ByteCount> counts;
    const auto add = [&](std::string name, const fs::path& path, auto parse) {
        Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (file.valid()) {
            counts.push_back({std::move(name), std::move(file), std::move(parse)});
        }
    };
    if (const auto statistics = cgroups.statistics()) {
        add("stat_bytes", *statistics, [version = cgroups.version(), data_number](std::string_view text) {
            return written_bytes(version, text, data_number);
        });
    }
    if (!job.plant.empty()) {
        auto module = job.plant;
        std::ranges::replace(module, '-', '_');
        const auto parameters = fs::path("/sys/module") / module / "parameters";
        add("plant_bytes_submitted", parameters / "bytes_submitted", parse_number);
        add("plant_bytes_accounted", parameters / "bytes_accounted", parse_number);
    }
    return counts;
}

/// Says so to those who watch, here and outside.
void report_unsupported(Port& port, Judge& judge, std::vector<std::string> reasons) {
    const seen::Unsupported unsupported{std::move(reasons)};
    judge.observe(unsupported);
    port.send(unsupported);
}

Status run_load(const Job& job, Port& port, Probe* probe, CgroupVersion version, Judge judge) {
    begin_phase(port, "stage");
    const auto cgroups = CgroupTree::open(version);
    if (!cgroups) {
        return fail(cgroups.error());
    }
    if (!cgroups->has_memory() && job.profile.coverage.contains(std::string(kTrials))) {
        // The load runs all the same: a hang or a hazard would be seen, and says more than that.
        report_unsupported(port, judge,
                           {"this kernel has no memory controller for cgroup v1 (CONFIG_MEMCG_V1) and v1 blkio alone "
                            "does not know whose page a swap bio writes: it belongs to the root group, so no fresh "
                            "group's bio comes from reclaim and no trial is possible"});
    }
    auto site = prepare_site(job.profile, *cgroups);
    if (!site) {
        return fail(site.error());
    }
    if (auto warm = warm_up(*cgroups, site->throttles); !warm) {
        return warm;
    }
    auto counters = SharedCounters::make();
    if (!counters) {
        return fail(counters.error());
    }
    auto crew = Crew::muster(job.profile, *site, **counters, [&] { port.send(seen::Tick{monotonic_ns()}); });
    if (!crew) {
        return fail(crew.error());
    }
    // Whatever patches the kernel's code has happened by now: modules, probes, the first cgroups' static keys.
    if (auto online = online_cpus(); !online) {
        return online;
    }
    if (probe != nullptr) {
        auto symbols = Symbols::load();
        if (!symbols) {
            return fail(symbols.error());
        }
        probe->use_names(std::move(*symbols), DiskNames::load());
    }
    keep_threads_small();
    auto started = Meter::start(find_byte_counts(job, *cgroups, site->throttles.front().disk));
    if (!started) {
        return fail(started.error());
    }
    Meter& meter = **started;
    BlockedTaskFinder finder(kBlockedTaskLimit);
    auto ballast = Ballast::take(kBallast);
    if (!ballast) {
        return fail(ballast.error());
    }
    if (auto prepared = prepare_to_survive(kHeapReserve); !prepared) {
        return prepared;
    }
    Supervisor supervisor(probe, **counters, meter, finder, port, std::move(*ballast), std::move(judge));
    begin_phase(port, "load");
    if (probe != nullptr) {
        probe->enable();
    }
    crew->start();
    supervisor.watch(job.profile.duration, job.profile.patience);
    begin_phase(port, "teardown");
    crew->dismiss();
    return {};
}

void report_failure(Port& port, const Error& error) {
    if (error.fault() == Fault::unsupported) {
        port.send(seen::Unsupported{{error.message()}});
    } else {
        port.send(seen::Failure{error.message()});
    }
}

}  // namespace

std::uint64_t kernel_taint() {
    const auto text = read_file("/proc/sys/kernel/tainted").value_or("");
    std::uint64_t taint = 0;
    std::from_chars(text.data(), text.data() + text.size(), taint);
    return taint;
}

void carry_out(const Job& job, const seen::Hello& hello, Port& port) {
    begin_phase(port, "probe");
    // Never freed: detaching allocates per-CPU memory, and in a hung machine that is where it would end.
    auto& [probe, reasons] = *new Watch(attach_probes(job));
    if (probe) {
        port.send(probe->tier());
    }
    if (job.kind == Job::Kind::check) {
        if (!reasons.empty()) {
            port.send(seen::Unsupported{reasons});
        }
        return;
    }
    const auto version = mount_cgroups(job.profile.cgroup.version);
    if (!version) {
        reasons.push_back(version.error().message());
    }
    for (auto& reason : find_reasons_against(job)) {
        reasons.push_back(std::move(reason));
    }
    if (!reasons.empty()) {
        port.send(seen::Unsupported{reasons});
        return;
    }
    Judge judge(Demands{job.profile.coverage});
    judge.observe(hello);
    if (auto done = run_load(job, port, probe ? &*probe : nullptr, *version, std::move(judge)); !done) {
        report_failure(port, done.error());
    }
}

}  // namespace blkhang
