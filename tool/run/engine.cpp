// SPDX-License-Identifier: GPL-2.0-only
#include "run/engine.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/ballast.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/words.h"
#include "load/crew.h"
#include "load/guest_machine.h"
#include "load/trigger.h"
#include "probe/attach.h"
#include "probe/blind_watcher.h"
#include "run/preparation.h"
#include "run/supervisor.h"
#include "run/survive.h"
#include "stage/cgroups.h"
#include "stage/swap.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Strings of one progress report and of the largest stack dump, many times over.
constexpr std::size_t kHeapReserve = 6 << 20;
constexpr std::size_t kBallast = 4 << 20;

void begin_phase(EvidenceSink& evidence, const char* name) { evidence.send(seen::Phase{monotonic_ns(), name}); }

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
std::vector<ByteCount> find_byte_counts(const Job& job, const LoadSite& load) {
    const CgroupTree& cgroups = *load.cgroups;
    std::vector<ByteCount> counts;
    const auto add = [&](std::string name, const fs::path& path, auto parse, std::optional<std::uint32_t> guest = {}) {
        Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (file.valid()) {
            counts.push_back({std::move(name), std::move(file), std::move(parse), guest});
        }
    };
    const auto to_data_disk = [version = cgroups.version(), number = load.data_disk.number](std::string_view text) {
        return written_bytes(version, text, number);
    };
    add("stat_bytes", cgroups.statistics(), to_data_disk);
    for (std::uint32_t i = 0; i < job.profile.kvm.guests; ++i) {
        const auto limited = groups_of(job.profile.kvm.layout, cgroups.version(), i).limited;
        add(limited, cgroups.statistics(limited), to_data_disk, i);
    }
    if (!job.plant.empty()) {
        auto module = job.plant;
        std::ranges::replace(module, '-', '_');
        const auto parameters = load.staging->roots.sys() / "module" / module / "parameters";
        add("plant_bytes_submitted", parameters / "bytes_submitted", parse_number);
        add("plant_bytes_accounted", parameters / "bytes_accounted", parse_number);
    }
    return counts;
}

/// Which limit a task of the load is writing, by the names of disks. Load and counters outlive its use.
LimitOf limits_written(const LoadSite& load, const LoadCounters& counters) {
    std::vector<std::string> names;
    for (const auto& throttle : load.throttles) {
        std::string name = throttle.disk == load.data_disk.number ? load.data_disk.name : std::string{};
        for (const auto* disks : {&load.swap_disks, &load.spare_disks}) {
            if (const auto found = std::ranges::find(*disks, throttle.disk, &Disk::number); found != disks->end()) {
                name = found->name;
            }
        }
        names.push_back(std::move(name));
    }
    return [names = std::move(names), &counters](std::int32_t pid) -> std::optional<LimitWrite> {
        const auto limit = limit_being_written(counters, pid);
        if (!limit || limit->throttle >= names.size() || names[limit->throttle].empty()) {
            return std::nullopt;
        }
        return LimitWrite{names[limit->throttle], limit->number};
    };
}

/// Says so to those who watch, here and outside.
void report_unsupported(EvidenceSink& evidence, Judge& judge, std::vector<std::string> reasons) {
    const seen::Unsupported unsupported{std::move(reasons)};
    judge.observe(unsupported);
    evidence.send(unsupported);
}

Status run_load(const Job& job, EvidenceSink& evidence, Watcher& watcher, Site& site, const LoadSite& load, Judge judge,
                const BeginStandingHang& begin_standing_hang) {
    begin_phase(evidence, "stage");
    const CgroupTree& cgroups = *load.cgroups;
    if (!cgroups.has_memory() && !load.swap_is_submitters && job.profile.trial == kOwnerFirstBios &&
        job.profile.coverage.contains(std::string(kTrials))) {
        // The load runs all the same: a hang or a hazard would be seen, and says more than that.
        report_unsupported(evidence, judge,
                           {"this kernel has no memory controller for cgroup v1 (CONFIG_MEMCG_V1) and v1 blkio alone "
                            "does not know whose page a swap bio writes: it belongs to the root group, so no fresh "
                            "group's bio comes from reclaim and no trial is possible"});
    }
    if (auto swapping = prepare_swap(site.staging(), load.swap_disks, load.spare_disks, job.profile.swap.swappiness);
        !swapping) {
        return swapping;
    }
    for (const auto& trigger : job.profile.triggers) {
        if (trigger.phase == TriggerPhase::stage) {
            if (auto written = write_once(trigger, load); !written) {
                return written;
            }
        }
    }
    if (auto warm = warm_up(cgroups, load.throttles); !warm) {
        return warm;
    }
    auto counters = SharedCounters::make();
    if (!counters) {
        return fail(counters.error());
    }
    auto crew = Crew::muster(job.profile, load, **counters,
                             {.still_alive = [&] { evidence.send(seen::Tick{monotonic_ns()}); },
                              .note =
                                  [&](std::string text) {
                                      evidence.send(seen::Note{monotonic_ns(), std::move(text)});
                                  }});
    if (!crew) {
        return fail(crew.error());
    }
    // Whatever patches the kernel's code has happened by now: modules, probes, the first cgroups' static keys.
    if (auto online = site.provide_cpus(); !online) {
        return online;
    }
    keep_threads_small();
    if (auto learned = watcher.learn_names(); !learned) {
        return learned;
    }
    watcher.ask_load(limits_written(load, **counters));
    auto started = Meter::start(find_byte_counts(job, load));
    if (!started) {
        return fail(started.error());
    }
    Meter& meter = **started;
    if (!meter.reads_messages()) {
        evidence.send(seen::Note{monotonic_ns(),
                                 "this kernel's log cannot be read from /dev/kmsg, as from 3.5 on: what it says is on "
                                 "the console alone"});
    }
    BlockedTaskFinder finder;
    auto ballast = Ballast::take(kBallast);
    if (!ballast) {
        return fail(ballast.error());
    }
    if (auto prepared = prepare_to_survive(kHeapReserve); !prepared) {
        return prepared;
    }
    site.staging().ledger.seal();
    const seen::Phase begin{monotonic_ns(), std::string(seen::kLoadPhase)};
    judge.observe(begin);
    evidence.send(begin);
    Supervisor supervisor(watcher, **counters, GuestTally(job.profile.kvm.guests, job.profile.kvm.block), meter, finder,
                          evidence, std::move(*ballast), std::move(judge), site.terms().healing, begin_standing_hang);
    watcher.enable();
    crew->start();
    supervisor.supervise(job.profile.duration, job.profile.patience);
    begin_phase(evidence, "teardown");
    crew->dismiss();
    supervisor.watch_it_stop([&] { return crew->is_gone(); });
    watcher.ask_load({});
    return {};
}

void report_failure(EvidenceSink& evidence, const Error& error) {
    if (error.fault() == Fault::unsupported) {
        evidence.send(seen::Unsupported{{error.message()}});
    } else {
        evidence.send(seen::Failure{error.message()});
    }
}

/// Never freed: detaching allocates per-CPU memory, and in a hung machine that is where it would end.
Watcher& kept_for_good(std::unique_ptr<Watcher> watcher) {
    static auto& kept = *new std::vector<std::unique_ptr<Watcher>>;
    kept.push_back(std::move(watcher));
    return *kept.back();
}

}  // namespace

std::uint64_t kernel_taint() {
    return number_in<std::uint64_t>(stripped(read_file("/proc/sys/kernel/tainted").value_or(""))).value_or(0);
}

void carry_out(const Job& job, const seen::Hello& hello, EvidenceSink& evidence, Site& site,
               const BeginStandingHang& begin_standing_hang) {
    begin_phase(evidence, "probe");
    std::vector<std::string> reasons;  // why there can be no verdict
    Watcher& watcher = kept_for_good(make_watcher(job, reasons));
    const auto tier = watcher.tier();
    if (tier) {
        auto told = *tier;
        for (auto& missing : evidence.missing()) {
            told.missing.push_back(std::move(missing));
        }
        evidence.send(told);
    }
    if (job.kind == Job::Kind::check) {
        if (!reasons.empty()) {
            evidence.send(seen::Unsupported{reasons});
        }
        return;
    }
    const auto prepared = prepare(job.profile, site, hello.release);
    reasons.insert(reasons.end(), prepared.lacks.begin(), prepared.lacks.end());
    if (!reasons.empty()) {
        evidence.send(seen::Unsupported{reasons});
        return;
    }
    if (!prepared.load) {
        report_failure(evidence, prepared.load.error());
        return;
    }
    Judge judge(demands_of(job.profile));
    judge.observe(hello);
    if (tier) {
        judge.observe(*tier);
    }
    if (auto done = run_load(job, evidence, watcher, site, *prepared.load, std::move(judge), begin_standing_hang);
        !done) {
        report_failure(evidence, done.error());
    }
}

}  // namespace blkhang
