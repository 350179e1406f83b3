// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/units.h"
#include "base/words.h"
#include "diagnose/advice.h"
#include "diagnose/causes.h"
#include "diagnose/moments.h"
#include "diagnose/splat_reading.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

/// Moments in which circles are looked for, from the latest: a freeze is what a log ends with.
constexpr std::size_t kMomentsTried = 16;
/// Who is found in the same place after so long stands still, as far as a log can tell.
constexpr std::uint64_t kStandsNs = kNsPerS;
/// A circle without an inferred edge needs less: in a run, 20 ms make it a deadlock (Demands::persist_ns).
constexpr std::uint64_t kCertainStandsNs = 100 * kNsPerMs;
constexpr std::string_view kFreezeOfDriver = "blk_mq_freeze_queue_wait*";
constexpr std::string_view kOfOneTask = "kvm-2011";  ///< the member whose circle needs no frozen queue

std::string name_of(const TaskLook& look) { return task_name(look.comm, look.pid); }

const MemberKnowledge* member_with(const std::vector<std::string>& frames, bool of_one_task) {
    for (const MemberKnowledge& member : members()) {
        const bool fitting = std::ranges::any_of(frames, [&](const std::string& frame) {
            return std::ranges::any_of(member.functions, [&](std::string_view entry) { return fits(frame, entry); });
        });
        if ((member.name == kOfOneTask) == of_one_task && fitting) {
            return &member;
        }
    }
    return nullptr;
}

/// A circle and what other moments say of it.
struct FoundCircle {
    Circle circle;
    Belief belief;
    bool stood;  ///< each of its tasks was found in the same place later, or had been there for long
    bool moved;  ///< some task of it went on later
    /// Who freezes a queue as well, for which it waits for a disk or a server that does not answer: no stack names its
    /// queue, and a task of the circle may wait for that one.
    std::string other_freezer;
};

/// A disk or a server does not answer, by the kernel's own words or by whom it keeps waiting.
bool is_unanswered(const TaskLook& look) {
    return waits_for(look.reading, Thing::disk) || waits_for(look.reading, Thing::journal) ||
           waits_for(look.reading, Thing::server) || waits_for(look.reading, Thing::program);
}
bool is_unanswered(const LogComplaint& complaint) {
    return complaint.kind == LogComplaint::Kind::io_error || complaint.kind == LogComplaint::Kind::server_silent;
}

/// Drivers freeze the queues of a device that they reset.
bool freezes_for_reset(const TaskLook& look) {
    return waits_for(look.reading, Thing::device) &&
           std::ranges::any_of(look.reading.frames,
                               [](const std::string& frame) { return fits(frame, kFreezeOfDriver); });
}

class Diagnoser {
public:
    Diagnoser(const LogStory& story, std::string_view release) : story_(story), moments_(moments_of(story)) {
        diagnosis_.release = release.empty() ? story.release : std::string(release);
        diagnosis_.left_out = story.left_out;
        for (const Moment& moment : moments_) {
            for (const TaskLook& look : moment.looks) {
                latest_[look.pid] = &look;
            }
        }
    }

    Diagnosis run() && {
        read_splats();
        look_for_circles();
        if (!is_proven() && !fits_member() && !is_family()) {
            something_else();
        }
        list_tasks();
        return std::move(diagnosis_);
    }

private:
    void read_splats() {
        for (const LockdepSplat& splat : story_.splats) {
            splats_.push_back(read_splat(splat));
            const SplatReading& reading = splats_.back();
            diagnosis_.lockdep.push_back(
                {splat.headline, reading.what, reading.disks,
                 reading.member == nullptr ? "" : provoking_command(*reading.member, diagnosis_.release)});
        }
    }

    void look_for_circles() {
        const std::size_t tried = std::min(moments_.size(), kMomentsTried);
        for (const Belief belief : {Belief::certain, Belief::likely}) {
            for (std::size_t back = 1; back <= tried; ++back) {
                const std::size_t at = moments_.size() - back;
                if (auto circle = circle_in(as_of(moments_, at), belief)) {
                    add(std::move(*circle), belief, at);
                }
            }
        }
    }

    void add(Circle circle, Belief belief, std::size_t at) {
        const auto pids = pids_of(circle.deadlock);
        const auto at_least_ns = belief == Belief::certain ? kCertainStandsNs : kStandsNs;
        const bool stands =
            std::ranges::all_of(pids, [&](std::int32_t pid) { return blkhang::stood(moments_, at, pid, at_least_ns); });
        const bool went_on =
            std::ranges::any_of(pids, [&](std::int32_t pid) { return has_moved_on(moments_, at, pid); });
        auto other = belief == Belief::likely ? other_freezer(moments_[at], pids) : std::string();
        circles_.push_back({std::move(circle), belief, stands, went_on, std::move(other)});
    }

    [[nodiscard]] std::string other_freezer(const Moment& moment, const std::vector<std::int32_t>& in_circle) const {
        const bool told = std::ranges::any_of(story_.complaints,
                                              [](const LogComplaint& complaint) { return is_unanswered(complaint); });
        for (const TaskLook& look : moment.looks) {
            const bool drains = told && waits_for(look.reading, Thing::queue_users);
            if ((drains || freezes_for_reset(look)) && std::ranges::find(in_circle, look.pid) == in_circle.end()) {
                return name_of(look);
            }
        }
        return {};
    }

    bool is_proven() {
        for (const FoundCircle& found : circles_) {
            const bool alone = found.circle.deadlock.kind == Deadlock::Kind::self;
            if (found.belief == Belief::certain && !found.moved && (alone || found.circle.owner_named || found.stood)) {
                prove(found);
                return true;
            }
        }
        for (const SplatReading& splat : splats_) {
            if (splat.claim == SplatReading::Claim::self_deadlock) {
                answer(Answer::proven, "The log proves a deadlock: a task waits for pcpu_alloc_mutex, which it owns.");
                reason(splat.what);
                know(splat.member);
                return true;
            }
        }
        return false;
    }

    void prove(const FoundCircle& found) {
        const Deadlock& deadlock = found.circle.deadlock;
        answer(Answer::proven,
               fmt::format("The log proves a deadlock{}: {}.",
                           is_of_family(found.circle) ? "" : ", of locks outside of this family", describe(deadlock)));
        if (deadlock.kind == Deadlock::Kind::self) {
            reason(
                "One stack takes the same lock twice and sleeps for it the second time: nobody else can release it.");
        } else {
            reason("Each of them waits for the next and the last for the first, and no edge of that is inferred.");
            reason(found.stood ? "Several looks found each of them in the same place."
                               : "The kernel itself named who owns the locks.");
        }
        keep(found);
        know(member_of(found.circle));
    }

    bool fits_member() {
        for (const FoundCircle& found : circles_) {
            const bool closed = !found.moved && found.other_freezer.empty();
            const auto* member = closed && is_of_family(found.circle) ? member_of(found.circle) : nullptr;
            if (member == nullptr) {
                continue;
            }
            answer(Answer::fits,
                   fmt::format("The log fits a known hang, {}: {}.", member->name, describe(found.circle.deadlock)));
            reason(
                found.circle.inferred.empty()
                    ? "No edge of the circle is inferred, but the log shows it at one moment only, and the kernel did "
                      "not name the owners: a second look some seconds later would prove it."
                    : "It is no proof: part of the circle is inferred.");
            if (found.stood) {
                reason("Its tasks were found in the same place at least a second apart.");
            }
            keep(found);
            know(member);
            if (!found.stood) {
                diagnosis_.next = how_to_capture(Lack::second_look);
            }
            return true;
        }
        for (const SplatReading& splat : splats_) {
            if (splat.claim == SplatReading::Claim::member) {
                answer(Answer::fits,
                       fmt::format("The log fits a known hang, {}, as a warning: lockdep saw its locks being taken in "
                                   "an order in which tasks can deadlock. No hang is shown.",
                                   splat.member->name));
                reason(splat.what);
                add_reason(splat.disks);
                know(splat.member);
                return true;
            }
        }
        return false;
    }

    bool is_family() {
        for (const FoundCircle& found : circles_) {
            if (is_of_family(found.circle)) {
                family_circle(found);
                return true;
            }
        }
        for (std::size_t back = 1; back <= std::min(moments_.size(), kMomentsTried); ++back) {
            const std::size_t at = moments_.size() - back;
            if (has_half_a_circle(as_of(moments_, at), at)) {
                return true;
            }
        }
        for (const SplatReading& splat : splats_) {
            if (splat.claim == SplatReading::Claim::family) {
                answer(
                    Answer::family,
                    "The log has locks of this family in a warning of lockdep, and the stacks of no known member. No "
                    "hang is shown.");
                reason(splat.what);
                add_reason(splat.disks);
                return true;
            }
        }
        return false;
    }

    void family_circle(const FoundCircle& found) {
        if (found.moved) {
            answer(Answer::family,
                   fmt::format("Tasks waited for each other over locks of this family, and went on: {}.",
                               describe(found.circle.deadlock)));
            reason(
                "Later lines find a task of the circle elsewhere, or not blocked any more: it was no deadlock, unless "
                "something ended it, such as SIGKILL.");
        } else if (!found.other_freezer.empty()) {
            answer(Answer::family,
                   fmt::format("The log fits this family, unless there are two frozen queues in it: {}.",
                               describe(found.circle.deadlock)));
            reason(
                fmt::format("{} freezes a queue, too, and waits for a disk or a server that does not answer: stacks do "
                            "not name their queues, and if the circle goes over that one it is not closed.",
                            found.other_freezer));
            keep(found);
        } else {
            answer(Answer::family, fmt::format("The log fits this family, but no known member of it: {}.",
                                               describe(found.circle.deadlock)));
            reason("No function in these stacks is one of a known member.");
            keep(found);
        }
        diagnosis_.next = how_to_capture(Lack::second_look);
    }

    /// One side of a circle: an owner of the mutex that waits for a frozen queue, or who has one frozen and waits for
    /// the mutex, and the log does not show the other side.
    bool has_half_a_circle(const Moment& moment, std::size_t at) {
        const TaskLook* owner = nullptr;
        const TaskLook* freezer = nullptr;
        bool drains = false;
        bool disk_stands =
            std::ranges::any_of(story_.complaints, [](const LogComplaint& one) { return is_unanswered(one); });
        bool resets = false;
        bool owner_seen = false;
        for (const TaskLook& look : moment.looks) {
            const bool owns = find_hold(look.reading, Thing::lock, kPercpuMutex) != nullptr;
            owner_seen = owner_seen || (owns && look.reading.wait);
            if (owns && waits_for(look.reading, Thing::frozen_queue) && !look.reading.doubted) {
                owner = &look;
            }
            const bool freezes = find_hold(look.reading, Thing::frozen_queue) != nullptr;
            if (freezes && waits_for(look.reading, Thing::lock, kPercpuMutex)) {
                freezer = &look;
            }
            drains = drains || waits_for(look.reading, Thing::queue_users);
            disk_stands = disk_stands || is_unanswered(look);
            resets = resets || waits_for(look.reading, Thing::device);
        }
        // A queue may be frozen because its disk is being reset, or until requests end that a lost disk never ends, or
        // until a grace period ends that a CPU holds up.
        const bool frozen_by_others =
            resets || (drains && (disk_stands || std::ranges::any_of(story_.complaints, is_cpu_stall)));
        if (owner != nullptr && !frozen_by_others && !has_moved_on(moments_, at, owner->pid)) {
            half(*owner,
                 drains ? "owns pcpu_alloc_mutex and waits for a frozen queue, and who freezes one waits for those "
                          "who use it: who they are is not in the log"
                        : "owns pcpu_alloc_mutex and waits for a frozen queue: who froze it is not in the log");
            return true;
        }
        if (freezer != nullptr && !owner_seen && !has_moved_on(moments_, at, freezer->pid)) {
            half(*freezer, "has a queue frozen and waits for pcpu_alloc_mutex: its owner is not in the log");
            return true;
        }
        return false;
    }

    void half(const TaskLook& look, std::string_view what) {
        answer(Answer::family,
               fmt::format("The log shows half of a circle of this family: {} {}.", name_of(look), what));
        if (const auto* member = member_with(look.reading.frames, false)) {
            reason(fmt::format("Its stack is like those of {}.", member->name));
        }
        reason("What it waits for may be slow rather than stuck: the other half would tell.");
        diagnosis_.next = how_to_capture(Lack::holder);
    }

    void something_else() {
        std::vector<const TaskLook*> looks;
        looks.reserve(latest_.size());
        for (const auto& [pid, latest] : latest_) {
            // What stood still before the machine was booted once more has nothing to do with what stands since.
            if (latest->task->boot == moments_.back().looks.front().task->boot) {
                looks.push_back(latest);
            }
        }
        const Cause cause = cause_of(looks, story_);
        answer(cause.answer, cause.headline);
        for (const std::string& why : cause.reasons) {
            reason(why);
        }
        diagnosis_.next = cause.next;
    }

    [[nodiscard]] static const MemberKnowledge* member_of(const Circle& circle) {
        for (const DeadlockTask& task : circle.deadlock.tasks) {
            // By the stack of the circle's own moment, of which the frames are these.
            std::vector<std::string> frames;
            frames.reserve(task.stack.size());
            for (const std::string& frame : task.stack) {
                frames.emplace_back(without_suffix(function_of(frame)));
            }
            const bool freezes =
                std::ranges::any_of(task.holds, [](const Awaited& held) { return held.kind == WaitKind::queue; });
            const bool in_throttle = task.waits_for.is_percpu_mutex() && !freezes;
            if (const auto* member = freezes || in_throttle ? member_with(frames, in_throttle) : nullptr) {
                return member;
            }
        }
        return nullptr;
    }

    void keep(const FoundCircle& found) {
        diagnosis_.circle = found.circle.deadlock;
        diagnosis_.inferred = found.circle.inferred;
    }

    void know(const MemberKnowledge* member) {
        diagnosis_.member = member;
        if (member != nullptr) {
            diagnosis_.about_member = about(*member, diagnosis_.release);
        }
    }

    void answer(Answer what, std::string headline) {
        diagnosis_.answer = what;
        diagnosis_.headline = std::move(headline);
    }
    void reason(std::string why) { diagnosis_.reasons.push_back(std::move(why)); }
    void add_reason(const std::string& why) {
        if (!why.empty()) {
            reason(why);
        }
    }

    /// Those of the circle first, in its order.
    void list_tasks() {
        standing_ = standing(moments_, kStandsNs);
        std::set<std::int32_t> listed;
        if (diagnosis_.circle) {
            for (const DeadlockTask& task : diagnosis_.circle->tasks) {
                if (const auto found = latest_.find(task.pid);
                    found != latest_.end() && listed.insert(task.pid).second) {
                    list(*found->second, true);
                }
            }
        }
        for (const auto& [pid, latest] : latest_) {
            if (listed.insert(pid).second) {
                list(*latest, false);
            }
        }
    }

    void list(const TaskLook& look, bool in_circle) {
        Diagnosis::Task task{look.pid, look.comm, look.task->state, {}, {}, in_circle, false, plain_stack(look)};
        if (look.reading.wait) {
            task.waits_for = blkhang::in_words(*look.reading.wait);
        }
        for (const StackHold& hold : look.reading.holds) {
            task.holds.push_back(blkhang::in_words(hold));
        }
        for (const LogHeldLock& held : look.task->holds) {
            add_once(task.holds,
                     held.name);  // the last of them it may merely wait for: lockdep notes a lock before that
        }
        task.unmoved = standing_.contains(look.pid);
        diagnosis_.tasks.push_back(std::move(task));
    }

    const LogStory& story_;
    std::vector<Moment> moments_;
    std::map<std::int32_t, const TaskLook*> latest_;  ///< at each task, by its pid
    std::set<std::int32_t> standing_;                 ///< tasks that were found in the same place again
    std::vector<SplatReading> splats_;
    std::vector<FoundCircle> circles_;  ///< certain ones first, of each sort the latest first
    Diagnosis diagnosis_;
};

}  // namespace

std::string_view to_string(Answer answer) {
    switch (answer) {
        case Answer::proven:
            return "proven";
        case Answer::fits:
            return "fits";
        case Answer::family:
            return "family";
        case Answer::awaits:
            return "awaits";
        case Answer::not_family:
            return "not_family";
        case Answer::too_little:
            break;
    }
    return "too_little";
}

Verdict verdict_of(Answer answer) {
    switch (answer) {
        case Answer::proven:
            return Verdict::hang;
        case Answer::fits:
        case Answer::family:
            return Verdict::hazard;
        case Answer::awaits:
        case Answer::not_family:
            return Verdict::clean;
        case Answer::too_little:
            break;
    }
    return Verdict::inconclusive;
}

Diagnosis diagnose(const LogStory& story, std::string_view release) {
    if (!release.empty() && release != story.release) {
        LogStory of_kernel = story;  // what holds for some kernels only is read by the release
        of_kernel.release = release;
        return Diagnoser(of_kernel, release).run();
    }
    return Diagnoser(story, release).run();
}

}  // namespace blkhang
