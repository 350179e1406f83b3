// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/causes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/units.h"
#include "base/words.h"
#include "diagnose/advice.h"

namespace blkhang {
namespace {

using Kind = LogComplaint::Kind;

constexpr std::size_t kNamed = 3;  // tasks that a sentence names
constexpr std::string_view kFileFault = "filemap_fault";
constexpr std::uint64_t kSameTroubleNs = 600 * kNsPerS;

std::string some_of(const std::vector<const TaskLook*>& looks) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(looks.size(), kNamed); ++i) {
        names.push_back(task_name(looks[i]->comm, looks[i]->pid));
    }
    const auto list = fmt::format("{}", fmt::join(names, ", "));
    return looks.size() > kNamed ? fmt::format("{} and {} more", list, looks.size() - kNamed) : list;
}

const LogComplaint* find(const LogStory& story, Kind kind) {
    const auto found = std::ranges::find(story.complaints, kind, &LogComplaint::kind);
    return found == story.complaints.end() ? nullptr : &*found;
}

std::string_view headline_of(Thing thing) {
    switch (thing) {
        case Thing::server:
            return "All of them wait for a server over the network: nobody here holds what they need.";
        case Thing::program:
            return "All of them wait for a user program that serves a file system or a disk (FUSE, nbd): nobody in the "
                   "kernel holds what they need.";
        case Thing::filesystem:
            return "All of them wait for a file system that somebody froze (fsfreeze, a snapshot) and has not thawed.";
        case Thing::memory:
            return "All of them are short of memory, or wait for pages from swap: the machine thrashes, and what locks "
                   "are held meanwhile close no circle.";
        case Thing::journal:
            return "All of them wait for a file system's transaction or room in its log, and who writes it is not "
                   "shown: no task here holds what they need.";
        case Thing::device:
            return "All of them wait for one device: its driver or its hardware does not answer.";
        default:
            return "All of them wait for a disk that is slow or gone: no task holds what they need.";
    }
}

bool is_nobodys(Thing thing) {
    return thing != Thing::lock && thing != Thing::frozen_queue && thing != Thing::queue_users &&
           thing != Thing::kswapd;
}

struct Waits {
    std::map<Thing, std::vector<const TaskLook*>> nobodys;            ///< for what no task holds, by its root
    std::map<std::string, std::vector<const TaskLook*>> in_function;  ///< for a lock, or in no wait that is known
    std::vector<const TaskLook*> for_percpu;
    std::vector<const TaskLook*> for_queue;
    std::vector<const TaskLook*> draining;  ///< a queue: they wait for its users
    std::vector<const TaskLook*> owners;    ///< of pcpu_alloc_mutex, that wait for what nobody holds, or for kswapd
    std::size_t blocked = 0;
};

Waits sort_out(const std::vector<const TaskLook*>& looks) {
    Waits waits;
    for (const TaskLook* look : looks) {
        if (look->reading.frames.empty()) {
            continue;
        }
        const auto& wait = look->reading.wait;
        const bool ends_here = wait && (is_nobodys(wait->thing) || wait->thing == Thing::kswapd);
        if (ends_here && find_hold(look->reading, Thing::lock, kPercpuMutex) != nullptr) {
            waits.owners.push_back(look);
        }
        const bool runs = look->task->state && *look->task->state != 'D';
        if (!wait) {
            const auto first = std::ranges::find_if_not(
                look->reading.frames, [](const std::string& frame) { return is_sleeping_code(frame); });
            if (!runs && first != look->reading.frames.end()) {
                waits.in_function[*first].push_back(look);
                ++waits.blocked;
            }
            continue;
        }
        ++waits.blocked;
        switch (wait->thing) {
            case Thing::lock:
                if (wait->lock == kPercpuMutex) {
                    waits.for_percpu.push_back(look);
                } else {
                    waits.in_function[wait->lock.empty() ? wait->function : wait->lock].push_back(look);
                }
                break;
            case Thing::frozen_queue:
                waits.for_queue.push_back(look);
                break;
            case Thing::queue_users:
                waits.draining.push_back(look);
                break;
            case Thing::kswapd:
                waits.nobodys[Thing::memory].push_back(look);
                break;
            default:
                waits.nobodys[wait->thing].push_back(look);
        }
    }
    // A transaction that is written waits for its disk.
    const auto disk = waits.nobodys.find(Thing::disk);
    const auto journal = waits.nobodys.find(Thing::journal);
    if (disk != waits.nobodys.end() && journal != waits.nobodys.end()) {
        disk->second.insert(disk->second.end(), journal->second.begin(), journal->second.end());
        waits.nobodys.erase(journal);
    }
    return waits;
}

/// For a page of a file that is mapped, such as of a program: reclaim took it, if memory is short.
bool is_in_fault(const TaskLook* look) {
    return std::ranges::any_of(look->reading.frames, [](const std::string& frame) { return frame == kFileFault; });
}

/// What most of those wait for who wait for nobody; what is said of it elsewhere in the log decides first.
Thing main_root(const Waits& waits, const LogStory& story) {
    const auto has = [&](Thing thing) { return waits.nobodys.contains(thing); };
    if (has(Thing::server) && find(story, Kind::server_silent) != nullptr) {
        return Thing::server;
    }
    if ((has(Thing::disk) || has(Thing::device)) && find(story, Kind::io_error) != nullptr) {
        return has(Thing::device) ? Thing::device : Thing::disk;
    }
    if (has(Thing::journal) && find(story, Kind::io_error) != nullptr) {
        return Thing::disk;
    }
    const auto most =
        std::ranges::max_element(waits.nobodys, {}, [](const auto& group) { return group.second.size(); });
    if (most->first == Thing::disk && has(Thing::memory) &&
        2 * static_cast<std::size_t>(std::ranges::count_if(most->second, is_in_fault)) >= most->second.size()) {
        return Thing::memory;
    }
    // Whoever recovers a device is one task, for which the others wait as for a disk.
    return most->first == Thing::disk && has(Thing::device) ? Thing::device : most->first;
}

Cause awaits(const Waits& waits, const LogStory& story) {
    const Thing root = main_root(waits, story);
    Cause cause{Answer::awaits, std::string(headline_of(root)), {}, {}};
    for (const auto& [thing, looks] : waits.nobodys) {
        cause.reasons.push_back(fmt::format("{} {} for {}: {}.", looks.size(), looks.size() == 1 ? "waits" : "wait",
                                            in_words(StackWait{thing, {}, {}, Certainty::inferred, {}}),
                                            some_of(looks)));
    }
    for (const auto kind : {Kind::io_error, Kind::server_silent, Kind::out_of_memory}) {
        if (const auto* complaint = find(story, kind)) {
            cause.reasons.push_back(fmt::format("The kernel says so: {}", complaint->headline));
        }
    }
    if (!waits.owners.empty()) {
        cause.reasons.push_back(
            fmt::format("{} has pcpu_alloc_mutex meanwhile, and whoever needs per-CPU memory queues up behind it ({} "
                        "here): slow, and "
                        "no deadlock.",
                        some_of(waits.owners), waits.for_percpu.size()));
    }
    if (!waits.draining.empty()) {
        cause.reasons.push_back(
            fmt::format("{} freezes a queue and waits until requests under way have ended.", some_of(waits.draining)));
    }
    if (!waits.in_function.empty()) {
        std::vector<std::string> names;
        for (const auto& [name, looks] : waits.in_function) {
            if (names.size() == kNamed) {
                break;
            }
            names.push_back(name);
        }
        cause.reasons.push_back(fmt::format("The others wait behind them, in {}.", fmt::join(names, ", ")));
    }
    return cause;
}

/// Complaints that say themselves what it is about.
const LogComplaint* telling_complaint(const LogStory& story) {
    for (const Kind kind :
         {Kind::oops, Kind::hard_lockup, Kind::soft_lockup, Kind::rcu_stall, Kind::workqueue_lockup,
          Kind::allocation_failure, Kind::percpu_failure, Kind::io_error, Kind::server_silent, Kind::out_of_memory}) {
        if (const auto* complaint = find(story, kind)) {
            return complaint;
        }
    }
    const auto* panic = find(story, Kind::panic);
    return panic != nullptr && panic->headline.find("hung_task") == std::string::npos ? panic : nullptr;
}

Cause another(std::string headline) { return {Answer::not_family, std::move(headline), {}, {}}; }

/// A CPU that did not go on while one of these tasks was seen. As long as it does not, no grace period of RCU ends, and
/// the users of a queue are known only one grace period after its freeze began (percpu_ref_kill).
const LogComplaint* stalled_cpu(const LogStory& story, const std::vector<const TaskLook*>& looks) {
    const auto at_that_time = [](const LogComplaint& stall, const TaskLook& look) {
        if (!stall.at_ns || !look.task->at_ns) {
            return true;
        }
        const auto [earlier, later] = std::minmax(*stall.at_ns, *look.task->at_ns);
        return later - earlier <= kSameTroubleNs;
    };
    for (const LogComplaint& complaint : story.complaints) {
        if (is_cpu_stall(complaint) &&
            std::ranges::any_of(looks, [&](const TaskLook* look) { return at_that_time(complaint, *look); })) {
            return &complaint;
        }
    }
    return nullptr;
}

std::string lock_or_function(const std::pair<const std::string, std::vector<const TaskLook*>>& group) {
    const auto& wait = group.second.front()->reading.wait;
    return wait ? in_words(*wait) : fmt::format("something in {}()", group.first);
}

}  // namespace

bool is_cpu_stall(const LogComplaint& complaint) {
    return complaint.kind == Kind::soft_lockup || complaint.kind == Kind::hard_lockup ||
           complaint.kind == Kind::rcu_stall;
}

Cause cause_of(const std::vector<const TaskLook*>& looks, const LogStory& story) {
    const Waits waits = sort_out(looks);
    if (waits.nobodys.empty() && !waits.for_percpu.empty()) {
        Cause cause{
            Answer::too_little,
            fmt::format("The log tells too little: {} for pcpu_alloc_mutex, and what its owner does is not in it.",
                        waits.for_percpu.size() == 1 ? "a task waits" : "tasks wait"),
            {fmt::format("Who waits: {}.", some_of(waits.for_percpu))},
            how_to_capture(Lack::holder)};
        return cause;
    }
    const auto* stall = waits.nobodys.empty() ? stalled_cpu(story, waits.draining) : nullptr;
    if (stall != nullptr) {
        auto cause = another(fmt::format("This is not of the family: {}", stall->headline));
        cause.reasons.push_back(
            fmt::format("{} freezes a queue, which takes a grace period of RCU, and none ends before that CPU goes on.",
                        some_of(waits.draining)));
        return cause;
    }
    if (waits.nobodys.empty() && !waits.draining.empty()) {
        return {
            Answer::too_little,
            "The log tells too little: a queue is being frozen, which waits for those who use it, and who they are is "
            "not in the log.",
            {fmt::format("Who waits: {}.", some_of(waits.draining))},
            how_to_capture(Lack::holder)};
    }
    if (waits.nobodys.empty() && !waits.for_queue.empty()) {
        return {
            Answer::too_little,
            "The log tells too little: tasks wait to use a disk's queue that is frozen, or asleep to save power, and "
            "who froze it is not in the log.",
            {fmt::format("Who waits: {}.", some_of(waits.for_queue))},
            how_to_capture(Lack::holder)};
    }
    if (!waits.nobodys.empty()) {
        return awaits(waits, story);
    }
    if (const auto* complaint = telling_complaint(story)) {
        return another(fmt::format("This is not of the family: {}", complaint->headline));
    }
    if (!waits.in_function.empty()) {
        const auto most =
            std::ranges::max_element(waits.in_function, {}, [](const auto& group) { return group.second.size(); });
        auto cause = another(fmt::format("This is not of the family: it is about {}.", lock_or_function(*most)));
        cause.reasons.push_back(fmt::format("{} of {} blocked tasks {} there: {}.", most->second.size(), waits.blocked,
                                            most->second.size() == 1 ? "is" : "are", some_of(most->second)));
        return cause;
    }
    for (const LockdepSplat& splat : story.splats) {
        return another(fmt::format("This is not of the family: lockdep warned of something else ({}{}{}).",
                                   splat.headline, splat.wants.empty() ? "" : ": ", splat.wants));
    }
    return {Answer::too_little,
            story.complaints.empty() ? "The log tells too little: it has no complaint of the kernel's and no stack."
                                     : "The log tells too little: it has no stack of a blocked task.",
            {},
            how_to_capture(Lack::stacks)};
}

}  // namespace blkhang
