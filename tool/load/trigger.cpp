// SPDX-License-Identifier: GPL-2.0-only
#include "load/trigger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/words.h"
#include "stage/swap.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// The one kernel file whose own content says what it takes.
constexpr std::string_view kSchedulerFile = "/queue/scheduler";

std::string fill_in(std::string text, std::string_view placeholder, std::string_view what) {
    for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
        text.replace(at, placeholder.size(), what);
        at += what.size();
    }
    return text;
}

/// A list such as "[none] mq-deadline".
bool offers(const std::string& schedulers, std::string_view wanted) {
    return has_word(schedulers, wanted) || has_word(schedulers, fmt::format("[{}]", wanted));
}

/// Counts a failure for each file that does not open; those were there when the load was prepared.
std::vector<LoadedShot> load(const std::vector<Shot>& shots, TriggerCounters& counters) {
    std::vector<LoadedShot> loaded;
    for (const Shot& shot : shots) {
        Fd fd{::open(shot.file.c_str(), O_WRONLY | O_CLOEXEC)};
        if (fd.valid()) {
            loaded.push_back({shot, std::move(fd)});
        } else {
            counters.last_errno = errno;
            ++counters.failures;
        }
    }
    return loaded;
}

/// Keeps what is in memory there, without copying what fork() shares with the supervisor.
void stay_in_memory() { static_cast<void>(::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)); }

/// Each disk, in turn, becomes the only one that pages are swapped out to, and gets its one write `delay` later.
void play_on_fresh_disks(const Trigger& trigger, const std::vector<Disk>& disks,
                         const std::vector<std::vector<LoadedShot>>& loaded, TriggerCounters& counters) {
    int priority = kOrdinarySwapPriority;
    for (std::size_t round = 0; round < disks.size(); ++round) {
        ++priority;
        if (!start_swapping(disks[round].path(), priority)) {
            counters.last_errno = errno;
            ++counters.failures;
            continue;
        }
        std::this_thread::sleep_for(trigger.delay);
        if (!loaded[round].empty()) {
            const LoadedShot& next = loaded[round][round % loaded[round].size()];
            fire(next.shot, next.fd.get(), true, counters);
        }
        std::this_thread::sleep_for(trigger.every);
    }
}

}  // namespace

std::vector<Shot> shots(const Trigger& trigger, const Disk& disk, const fs::path& cgroup) {
    const auto file = fill_in(fill_in(trigger.file, "{disk}", disk.name), "{cgroup}", cgroup.string());
    std::vector<Shot> result;
    for (const std::string& value : trigger.values) {
        result.push_back({file, fill_in(fill_in(value, "{disk}", disk.name), "{number}", disk.number)});
    }
    return result;
}

std::vector<Disk> trigger_disks(const Trigger& trigger, const LoadSite& site) {
    switch (trigger.disk) {
        case TriggerDisk::swap:
            return site.swap_disks;
        case TriggerDisk::data:
            return {site.data_disk};
        case TriggerDisk::fresh:
            return site.spare_disks;
    }
    return {};
}

std::vector<std::string> reasons_against(const Trigger& trigger, const LoadSite& site) {
    std::vector<std::string> reasons;
    const auto object = [&](const std::string& why) {
        add_once(reasons, fmt::format("trigger '{}': {}", trigger.name, why));
    };
    for (const Disk& disk : trigger_disks(trigger, site)) {
        for (const Shot& shot : shots(trigger, disk, site.cgroup)) {
            const Fd fd{::open(shot.file.c_str(), O_WRONLY | O_CLOEXEC)};
            if (!fd.valid()) {
                object(fmt::format("this kernel takes no writes to {}: {}", shot.file.string(), std::strerror(errno)));
                continue;
            }
            if (shot.file.string().ends_with(kSchedulerFile)) {
                const auto list = read_file(shot.file).value_or("");
                if (!offers(list, shot.value)) {
                    object(fmt::format("the scheduler {} is not in {}, which reads '{}'", shot.value,
                                       shot.file.string(), list.substr(0, list.find('\n'))));
                }
            }
        }
    }
    return reasons;
}

Status write_once(const Trigger& trigger, const LoadSite& site) {
    std::vector<std::string> refused;
    for (const Disk& disk : trigger_disks(trigger, site)) {
        for (const Shot& shot : shots(trigger, disk, site.cgroup)) {
            if (auto written = write_knob(shot.file, shot.value); !written) {
                refused.push_back(fmt::format("'{}' to {}", shot.value, written.error().message()));
            }
        }
    }
    if (!refused.empty()) {
        return fail(Fault::unsupported, fmt::format("trigger '{}': {}", trigger.name, fmt::join(refused, "; ")));
    }
    return {};
}

bool fire(const Shot& shot, int fd, bool changes, TriggerCounters& counters) {
    ++counters.attempts;
    // At offset 0: a kernel file takes each value from its beginning, however often it is written.
    if (::pwrite(fd, shot.value.data(), shot.value.size(), 0) == static_cast<ssize_t>(shot.value.size())) {
        counters.successes += changes ? 1 : 0;
        return true;
    }
    counters.last_errno = errno;
    ++counters.failures;
    return false;
}

void fire_in_turn(const std::vector<LoadedShot>& of_disk, std::size_t round, bool& took_last,
                  TriggerCounters& counters) {
    const LoadedShot& next = of_disk[round % of_disk.size()];
    took_last = fire(next.shot, next.fd.get(), took_last || of_disk.size() == 1, counters);
}

void play_trigger(const Trigger& trigger, const LoadSite& site, LoadCounters& counters, TriggerCounters& own) {
    const auto disks = trigger_disks(trigger, site);
    std::vector<std::vector<LoadedShot>> loaded;
    loaded.reserve(disks.size());
    for (const Disk& disk : disks) {
        loaded.push_back(load(shots(trigger, disk, site.cgroup), own));
    }
    stay_in_memory();
    wait_for_go(counters);
    if (trigger.disk == TriggerDisk::fresh) {
        play_on_fresh_disks(trigger, disks, loaded, own);
        for (;;) {
            ::pause();
        }
    }
    std::this_thread::sleep_for(trigger.delay);
    std::deque<bool> took_last(loaded.size(), true);  // by disk
    for (std::size_t round = 0;; ++round) {
        for (std::size_t disk = 0; disk < loaded.size(); ++disk) {
            if (!loaded[disk].empty()) {
                fire_in_turn(loaded[disk], round, took_last[disk], own);
            }
        }
        std::this_thread::sleep_for(trigger.every);
    }
}

}  // namespace blkhang
