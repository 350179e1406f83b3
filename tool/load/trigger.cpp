// SPDX-License-Identifier: GPL-2.0-only
#include "load/trigger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/words.h"
#include "stage/knob.h"
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

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
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
            ++counters.attempts;
            ++counters.failures;
        }
    }
    return loaded;
}

/// Keeps what is in memory there, without copying what fork() shares with the supervisor.
void stay_in_memory() { static_cast<void>(::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)); }

/// The rest of an attempt that was counted before. Whether a write is a trial is read from the file it goes to, which
/// may take as long as the write.
void finish_attempt(Target& target, std::size_t round, TriggerCounters& counters) {
    const LoadedShot& next = target.shots[round % target.shots.size()];
    const bool is_trial = target.setting.is_trial(next.shot);
    target.took_last = fire(next.shot, next.fd.get(), target.took_last || target.shots.size() == 1, counters);
    target.setting.wrote(next.shot, target.took_last);
    counters.trials += is_trial && target.took_last ? 1 : 0;
}

/// Each disk, in turn, becomes the only one that pages are swapped out to, and gets its one write `delay` later.
void play_on_fresh_disks(const Trigger& trigger, Syscalls& calls, const std::vector<Disk>& disks,
                         std::vector<Target>& targets, TriggerCounters& counters) {
    int priority = kOrdinarySwapPriority;
    for (std::size_t round = 0; round < disks.size(); ++round) {
        ++priority;
        ++counters.attempts;
        if (const int failed = swap_as_told(calls, disks[round].path, priority); failed != 0) {
            counters.last_errno = failed;
            ++counters.failures;
            continue;
        }
        std::this_thread::sleep_for(trigger.delay);
        if (targets[round].shots.empty()) {
            ++counters.failures;
        } else {
            finish_attempt(targets[round], round, counters);
        }
        std::this_thread::sleep_for(trigger.every);
    }
}

}  // namespace

std::vector<Shot> shots(const Trigger& trigger, const Disk& disk, const LoadSite& site) {
    const fs::path located = site.staging->roots.locate(fill_in(trigger.file, "{disk}", disk.name));
    const fs::path file = fill_in(located.string(), "{cgroup}", site.cgroup.string());
    std::vector<Shot> result;
    for (const std::string& value : trigger.values) {
        const bool counts = trigger.trials.empty() || std::ranges::find(trigger.trials, value) != trigger.trials.end();
        result.push_back({file, fill_in(fill_in(value, "{disk}", disk.name), "{number}", disk.number), counts,
                          trigger.grows, value.find("{number}") != std::string::npos});
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
        for (const Shot& shot : shots(trigger, disk, site)) {
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

Status tell_of_trigger(const Trigger& trigger, const LoadSite& site) {
    for (const Disk& disk : trigger_disks(trigger, site)) {
        if (trigger.disk == TriggerDisk::fresh && trigger.phase == TriggerPhase::load) {
            if (auto told = tell_of_swapping(*site.staging, disk.path); !told) {
                return told;
            }
        }
        const auto all = shots(trigger, disk, site);
        const bool in_table = std::ranges::any_of(all, &Shot::in_table);
        if (!all.empty()) {
            if (auto told = tell_of_knob(*site.staging, all.front().file, in_table ? disk.number : ""); !told) {
                return told;
            }
        }
    }
    return {};
}

Status write_once(const Trigger& trigger, const LoadSite& site) {
    if (auto told = tell_of_trigger(trigger, site); !told) {
        return told;
    }
    std::vector<std::string> refused;
    for (const Disk& disk : trigger_disks(trigger, site)) {
        for (const Shot& shot : shots(trigger, disk, site)) {
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
    // At offset 0: a kernel file takes each value from its beginning, however often it is written.
    if (::pwrite(fd, shot.value.data(), shot.value.size(), 0) == static_cast<ssize_t>(shot.value.size())) {
        counters.successes += changes ? 1 : 0;
        return true;
    }
    counters.last_errno = errno;
    ++counters.failures;
    return false;
}

bool Setting::is_trial(const Shot& shot) {
    if (!shot.may_close) {
        return false;
    }
    const auto content = read_file(shot.file);
    if (!content) {
        return true;  // what cannot be read acts each time that it is written
    }
    if (shot.in_table) {
        return last_taken_ != shot.value;
    }
    const std::string now = setting_in(*content);
    largest_ = std::max(largest_, number_in(now));
    return shot.must_grow ? number_in(shot.value) > largest_ : now != shot.value;
}

void Setting::wrote(const Shot& shot, bool taken) {
    if (taken) {
        last_taken_ = shot.value;
        largest_ = std::max(largest_, number_in(shot.value));
    }
}

void fire_in_turn(Target& target, std::size_t round, TriggerCounters& counters) {
    ++counters.attempts;
    finish_attempt(target, round, counters);
}

void play_trigger(const Trigger& trigger, const LoadSite& site, LoadCounters& counters, TriggerCounters& own) {
    const auto disks = trigger_disks(trigger, site);
    std::vector<Target> targets;
    targets.reserve(disks.size());
    for (const Disk& disk : disks) {
        targets.push_back({load(shots(trigger, disk, site), own)});
    }
    stay_in_memory();
    wait_for_go(counters);
    if (trigger.disk == TriggerDisk::fresh) {
        play_on_fresh_disks(trigger, site.staging->calls, disks, targets, own);
        for (;;) {
            ::pause();
        }
    }
    std::this_thread::sleep_for(trigger.delay);
    for (std::size_t round = 0;; ++round) {
        for (Target& target : targets) {
            if (!target.shots.empty()) {
                fire_in_turn(target, round, own);
            }
        }
        std::this_thread::sleep_for(trigger.every);
    }
}

}  // namespace blkhang
