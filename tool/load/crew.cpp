// SPDX-License-Identifier: GPL-2.0-only
#include "load/crew.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/file.h"
#include "load/pressure.h"
#include "load/trigger.h"
#include "stage/child.h"

namespace blkhang {
namespace {

/// The load is what the OOM killer should take, never the supervisor that it was forked from.
void become_oom_victim() { static_cast<void>(write_knob("/proc/self/oom_score_adj", "1000")); }

/// Whom the OOM killer takes first. Without its trigger a run would go on and prove nothing.
enum class Victim { first, later };

constexpr std::uint32_t kWritersPerSign = 50;

}  // namespace

Result<Crew> Crew::muster(const Profile& profile, const LoadSite& site, LoadCounters& counters,
                          const MusterListener& listener) {
    Crew crew(counters);
    const auto add = [&](const char* name, Victim victim, const std::function<void()>& role) -> Result<pid_t> {
        auto pid = start_child(site.staging->ledger, name, [&] {  // not const: a Result is moved out
            if (victim == Victim::first) {
                become_oom_victim();
            }
            role();
        });
        if (pid) {
            crew.pids_.push_back(*pid);
        }
        return pid;
    };
    if (profile.kvm.guests > 0) {
        auto guests = start_guests(profile, site, listener);
        if (!guests) {
            return fail(guests.error());
        }
        crew.pids_ = guests->pids;
        const auto pid = add("blkhang-listen", Victim::later, [&] { play_guest_listener(*guests, counters); });
        if (!pid) {
            return fail(pid.error());
        }
    }
    for (std::size_t i = 0; i < profile.triggers.size(); ++i) {
        const Trigger& trigger = profile.triggers[i];
        if (trigger.phase == TriggerPhase::stage) {
            continue;
        }
        if (auto told = tell_of_trigger(trigger, site); !told) {
            return fail(told.error());
        }
        TriggerCounters& own = counters.triggers.at(i);
        trigger.name.copy(own.name.data(), own.name.size() - 1);
        own.pause_ms = static_cast<std::uint64_t>((trigger.every + trigger.delay).count());
        own.at_most = trigger.disk == TriggerDisk::fresh ? site.spare_disks.size() : 0;
        const auto pid = add("blkhang-trigger", Victim::later, [&] { play_trigger(trigger, site, counters, own); });
        if (!pid) {
            return fail(pid.error());
        }
    }
    for (std::uint32_t i = 0; i < profile.writers.count; ++i) {
        if (i % kWritersPerSign == 0) {
            listener.still_alive();
        }
        const auto cgroup = fmt::format("writer{}", i);
        if (auto made = site.cgroups->create(cgroup, site.throttles); !made) {
            return fail(made.error());
        }
        const auto pid = add("blkhang-writer", Victim::first, [&] { play_writer(profile, site, i, counters); });
        if (!pid) {
            return fail(pid.error());
        }
        if (auto moved = site.cgroups->attach(cgroup, *pid); !moved) {
            return fail(moved.error());
        }
    }
    std::vector<std::pair<const char*, std::function<void()>>> roles;  // by the name that evidence shows
    for (std::uint32_t i = 0; i < profile.churn.workers; ++i) {
        roles.emplace_back("blkhang-churn", [&, i] { play_cgroup_churner(profile, site, i, counters); });
    }
    if (const auto churners = profile.percpu.churners + profile.percpu.flushers; churners > 0) {
        const auto [churn, why] = choose_percpu_churn();
        if (!why.empty()) {
            listener.note(why);
        }
        for (std::uint32_t i = 0; i < churners && churn != PercpuChurn::none; ++i) {
            const bool flushes = i >= profile.percpu.churners;
            roles.emplace_back(flushes ? "blkhang-flusher" : "blkhang-percpu", [&, i, churn = churn, flushes] {
                (flushes ? play_percpu_flusher : play_percpu_churner)(profile, site, i, churn, counters);
            });
        }
    }
    if (profile.pressure.vm > 0) {
        const auto why = reason_against_stress_ng(site.stress_ng);
        if (why.empty()) {
            roles.emplace_back("blkhang-stress", [&] { play_pressure(profile, site, counters); });
        } else {
            listener.note(fmt::format("processes of our own write memory in place of stress-ng's: {}", why));
        }
        for (std::uint32_t i = 0; i < profile.pressure.vm && !why.empty(); ++i) {
            roles.emplace_back("blkhang-memory", [&] { play_memory_writer(profile, counters); });
        }
    }
    for (const auto& [name, role] : roles) {
        if (const auto pid = add(name, Victim::first, role); !pid) {
            return fail(pid.error());
        }
    }
    return crew;
}

void Crew::dismiss() {
    for (const auto pid : pids_) {
        ::kill(pid, SIGKILL);
    }
}

bool Crew::is_gone() const {
    return std::ranges::all_of(pids_, [](pid_t pid) {
        siginfo_t ended{};
        return ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == pid;
    });
}

}  // namespace blkhang
