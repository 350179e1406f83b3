// SPDX-License-Identifier: GPL-2.0-only
#include "run/engine.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "load/crew.h"
#include "load/disk.h"
#include "load/trigger.h"
#include "load/user_disk.h"
#include "probe/attach.h"
#include "probe/blind_watcher.h"
#include "run/guest_boot.h"
#include "run/supervisor.h"
#include "stage/cgroups.h"
#include "stage/null_disk.h"
#include "stage/swap.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Strings of one progress report and of the largest stack dump, many times over.
constexpr std::size_t kHeapReserve = 6 << 20;
constexpr std::size_t kBallast = 4 << 20;

void begin_phase(Port& port, const char* name) { port.send(seen::Phase{monotonic_ns(), name}); }

/// Makes the disks that are not there by themselves. Returns all that this kernel lacks for the site to be, not only
/// the first.
std::vector<std::string> prepare_disks(const Profile& profile) {
    std::vector<std::string> reasons;
    const auto disks = guest_disks(profile);
    if (profile.swap.device == SwapKind::null_blk) {
        if (auto made = make_null_disk(profile.swap.size); !made) {
            reasons.push_back(made.error().message());
        }
    }
    std::vector<std::string> names{disks.data};
    for (const auto* kind : {&disks.swap, &disks.behind_swap, &disks.spare}) {
        names.insert(names.end(), kind->begin(), kind->end());
    }
    for (const auto& disk : names) {
        if (disk != kNullDisk && !fs::exists("/dev/" + disk)) {
            reasons.push_back(fmt::format("there is no disk {} (is the virtio_blk driver built?)", disk));
        }
    }
    for (const auto& disk : disks.behind_swap) {
        if (auto started = start_user_disk("/dev/" + disk, profile); !started) {
            reasons.push_back(started.error().message());
        }
    }
    if (profile.pressure.vm > 0 && !fs::exists("/usr/bin/stress-ng")) {
        reasons.emplace_back("stress-ng is not in the guest");
    }
    if (!fs::exists("/proc/swaps")) {
        reasons.emplace_back("this kernel cannot swap (CONFIG_SWAP)");
    }
    return reasons;
}

/// Those that are there: of the others prepare_disks() tells, and what the rest of the site lacks shall be told,
/// too.
Result<std::vector<Disk>> find_disks(const std::vector<std::string>& names) {
    std::vector<Disk> disks;
    for (const auto& name : names) {
        if (!fs::exists("/dev/" + name)) {
            continue;
        }
        auto disk = find_disk(name);
        if (!disk) {
            return fail(std::move(disk.error()));
        }
        disks.push_back(std::move(*disk));
    }
    return disks;
}

/// Finds what the load runs on; changes nothing.
Result<LoadSite> find_site(const Profile& profile, const CgroupTree& cgroups) {
    const auto names = guest_disks(profile);
    auto data = find_disk(names.data);
    auto swap = find_disks(names.swap);
    auto spare = find_disks(names.spare);
    auto cgroup = cgroups.directory();
    for (const auto* failed : {data ? nullptr : &data.error(), swap ? nullptr : &swap.error(),
                               spare ? nullptr : &spare.error(), cgroup ? nullptr : &cgroup.error()}) {
        if (failed != nullptr) {
            return fail(*failed);
        }
    }
    LoadSite site{.data_disk = std::move(*data),
                  .swap_disks = std::move(*swap),
                  .spare_disks = std::move(*spare),
                  .throttles = {},
                  .cgroups = &cgroups,
                  .cgroup = std::move(*cgroup)};
    site.throttles.push_back({site.data_disk.number, profile.throttle.data});
    for (const auto& disk : site.swap_disks) {
        site.throttles.push_back({disk.number, profile.throttle.swap});
    }
    return site;
}

Status prepare_swap(const Profile& profile, const LoadSite& site) {
    for (const auto& disk : site.spare_disks) {
        if (auto made = make_swap(disk.path()); !made) {
            return made;
        }
    }
    for (const auto& disk : site.swap_disks) {
        if (auto made = make_swap(disk.path()); !made) {
            return made;
        }
        if (auto swapping = start_swapping(disk.path(), kOrdinarySwapPriority); !swapping) {
            return swapping;
        }
    }
    return write_knob("/proc/sys/vm/swappiness", std::to_string(profile.swap.swappiness));
}

/// The first cgroup, member and throttle flip static keys, which patches code: better now, on one CPU, than under load.
Status warm_up(const CgroupTree& cgroups, const std::vector<DiskThrottle>& throttles) {
    constexpr const char* kName = "warm-up";
    if (auto made = cgroups.create(kName, throttles); !made) {
        return made;
    }
    return cgroups.remove(kName);
}

/// One that sees nothing where the job wants none, or where none attaches: then `reasons` say why.
std::unique_ptr<Watcher> make_watcher(const Job& job, std::vector<std::string>& reasons) {
    if (!job.profile.probe.enabled) {
        return std::make_unique<BlindWatcher>();
    }
    auto watcher = attach_watcher(job.profile.probe.tier);
    if (!watcher) {
        reasons.push_back(watcher.error().message());
        return std::make_unique<BlindWatcher>();
    }
    reasons = (*watcher)->blind_spots();
    return std::move(*watcher);
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

Status run_load(const Job& job, Port& port, const ProofPage* page, Watcher& watcher, const LoadSite& site,
                Judge judge) {
    begin_phase(port, "stage");
    const CgroupTree& cgroups = *site.cgroups;
    if (!cgroups.has_memory() && job.profile.trial == kOwnerFirstBios &&
        job.profile.coverage.contains(std::string(kTrials))) {
        // The load runs all the same: a hang or a hazard would be seen, and says more than that.
        report_unsupported(port, judge,
                           {"this kernel has no memory controller for cgroup v1 (CONFIG_MEMCG_V1) and v1 blkio alone "
                            "does not know whose page a swap bio writes: it belongs to the root group, so no fresh "
                            "group's bio comes from reclaim and no trial is possible"});
    }
    if (auto swapping = prepare_swap(job.profile, site); !swapping) {
        return swapping;
    }
    for (const auto& trigger : job.profile.triggers) {
        if (trigger.phase == TriggerPhase::stage) {
            if (auto written = write_once(trigger, site); !written) {
                return written;
            }
        }
    }
    if (auto warm = warm_up(cgroups, site.throttles); !warm) {
        return warm;
    }
    auto counters = SharedCounters::make();
    if (!counters) {
        return fail(counters.error());
    }
    auto crew = Crew::muster(job.profile, site, **counters, [&] { port.send(seen::Tick{monotonic_ns()}); });
    if (!crew) {
        return fail(crew.error());
    }
    // Whatever patches the kernel's code has happened by now: modules, probes, the first cgroups' static keys.
    if (auto online = online_cpus(); !online) {
        return online;
    }
    if (auto learned = watcher.learn_names(); !learned) {
        return learned;
    }
    keep_threads_small();
    auto started = Meter::start(find_byte_counts(job, cgroups, site.data_disk.number));
    if (!started) {
        return fail(started.error());
    }
    Meter& meter = **started;
    BlockedTaskFinder finder;
    auto ballast = Ballast::take(kBallast);
    if (!ballast) {
        return fail(ballast.error());
    }
    if (auto prepared = prepare_to_survive(kHeapReserve); !prepared) {
        return prepared;
    }
    const seen::Phase load{monotonic_ns(), std::string(seen::kLoadPhase)};
    judge.observe(load);
    port.send(load);
    Supervisor supervisor(watcher, **counters, meter, finder, port, page, std::move(*ballast), std::move(judge));
    watcher.enable();
    crew->start();
    supervisor.supervise(job.profile.duration, job.profile.patience);
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
    std::vector<std::string> reasons;  // why there can be no verdict
    // Never freed: detaching allocates per-CPU memory, and in a hung machine that is where it would end.
    Watcher& watcher = *make_watcher(job, reasons).release();
    const auto page = ProofPage::open();
    const auto tier = watcher.tier();
    if (tier) {
        auto told = *tier;
        if (!page) {
            told.missing.push_back({"page for the proof", page.error().message()});
        }
        port.send(told);
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
    for (auto& reason : prepare_disks(job.profile)) {
        reasons.push_back(std::move(reason));
    }
    const auto cgroups = version ? CgroupTree::open(*version) : Result<CgroupTree>(fail(version.error()));
    const auto site = cgroups ? find_site(job.profile, *cgroups) : Result<LoadSite>(fail(cgroups.error()));
    if (site) {
        for (const auto& trigger : job.profile.triggers) {
            const auto more = reasons_against(trigger, *site);
            reasons.insert(reasons.end(), more.begin(), more.end());
        }
        for (const auto& knob : missing_knobs(cgroups->version(), site->throttles, site->cgroup)) {
            reasons.push_back(fmt::format("this kernel has no {} (CONFIG_BLK_DEV_THROTTLING)", knob));
        }
    }
    if (!reasons.empty()) {
        port.send(seen::Unsupported{reasons});
        return;
    }
    if (!site) {
        report_failure(port, site.error());
        return;
    }
    Judge judge(demands_of(job.profile));
    judge.observe(hello);
    if (tier) {
        judge.observe(*tier);
    }
    if (auto done = run_load(job, port, page ? &*page : nullptr, watcher, *site, std::move(judge)); !done) {
        report_failure(port, done.error());
    }
}

}  // namespace blkhang
