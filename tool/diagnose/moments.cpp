// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/moments.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/units.h"

namespace blkhang {
namespace {

/// Printing a dump takes a second or two, khungtaskd goes over all tasks at once.
constexpr std::uint64_t kTogetherNs = 5 * kNsPerS;

bool before(const LogPlace& one, const LogPlace& other) {
    return one.text != other.text ? one.text < other.text : one.line < other.line;
}

/// Where the log announces dumps of the blocked tasks, in its order.
std::vector<LogPlace> dumps_of(const LogStory& story) {
    std::vector<LogPlace> dumps;
    for (const LogComplaint& complaint : story.complaints) {
        if (complaint.kind == LogComplaint::Kind::blocked_tasks) {
            dumps.push_back(complaint.place);
        }
    }
    std::ranges::sort(dumps, before);
    return dumps;
}

/// How much later the other look was, by the clock of the machine, else by that on the wall; nothing if not told.
std::optional<std::int64_t> from_to(const LogTask& one, const LogTask& other) {
    if (one.at_ns && other.at_ns) {
        return static_cast<std::int64_t>(*other.at_ns - *one.at_ns);
    }
    if (one.clock_ns && other.clock_ns) {
        return static_cast<std::int64_t>(*other.clock_ns - *one.clock_ns);
    }
    return std::nullopt;
}

bool is_after(const LogTask& one, const LogTask& other, std::uint64_t at_least_ns) {
    const auto passed = from_to(one, other);
    return passed && *passed >= static_cast<std::int64_t>(at_least_ns);
}

bool is_later(const LogTask& task, const LogTask& first) {
    return is_after(task, first, kTogetherNs + 1) || is_after(first, task, kTogetherNs + 1);
}

bool has_time(const LogTask& task) { return task.at_ns || task.clock_ns; }

/// Lines that a task takes in a log besides those of its stack: what is complained of it, registers.
constexpr std::uint32_t kLinesOfTask = 60;

/// Where nothing tells the time, only lines that stand together are of one time. Of /proc/PID/stack each is a text.
bool stands_apart(const LogTask& task, const LogTask& previous) {
    if (has_time(task) || has_time(previous) || (!task.state && !previous.state)) {
        return false;
    }
    return task.place.text != previous.place.text ||
           task.place.line > previous.place.line + previous.stack.size() + kLinesOfTask;
}

bool tells_something(const LogTask& task) { return !task.stack.empty() || !task.holds.empty() || task.blocked_by; }

/// For so long before the look it had been there; 0 if nothing says so.
std::uint64_t blocked_ns(const TaskLook& look) { return look.task->blocked_for_ns.value_or(0); }

/// The first of its looks of which the time is told.
const LogTask* timed(const Moment& moment) {
    const auto found = std::ranges::find_if(moment.looks, [](const TaskLook& look) { return has_time(*look.task); });
    return found == moment.looks.end() ? nullptr : found->task;
}

/// The look shows a task that had been blocked since before that other look.
bool covers(const TaskLook& look, const LogTask* other) {
    const auto passed = other != nullptr ? from_to(*other, *look.task) : std::nullopt;
    return passed && *passed >= 0 && blocked_ns(look) > 0 && *passed <= static_cast<std::int64_t>(blocked_ns(look));
}

/// Where lines are missing, frames of another task may stand behind those of this one: nothing is certain then.
StackReading reading_of(const LogTask& task, const std::optional<KernelVersion>& version) {
    auto reading = read_stack(task.stack, task.state, version);
    if (task.has_gap) {
        if (reading.wait) {
            reading.wait->certainty = Certainty::inferred;
        }
        for (StackHold& hold : reading.holds) {
            hold.certainty = Certainty::inferred;
        }
    }
    return reading;
}

std::uint32_t boot_of(const Moment& moment) { return moment.looks.front().task->boot; }

bool begins_alike(const std::vector<std::string>& beginning, const std::vector<std::string>& whole) {
    return !beginning.empty() && beginning.size() < whole.size() &&
           std::equal(beginning.begin(), beginning.end(), whole.begin());
}

/// Takes out the look in which the log ends, if it shows but the beginning of the stack that the task had before: a
/// stack ends where the kernel was entered, so this one goes on behind the end of the log.
void drop_look_cut_off(std::vector<Moment>& moments) {
    if (moments.size() < 2) {
        return;
    }
    auto& looks = moments.back().looks;
    const TaskLook& cut = looks.back();
    const auto earlier = std::find_if(std::next(moments.rbegin()), moments.rend(), [&](const Moment& moment) {
        return boot_of(moment) == cut.task->boot && moment.look_at(cut.pid) != nullptr;
    });
    if (earlier == moments.rend() || !begins_alike(cut.reading.frames, earlier->look_at(cut.pid)->reading.frames)) {
        return;
    }
    looks.pop_back();
    if (looks.empty()) {
        moments.pop_back();
    }
}

}  // namespace

const TaskLook* Moment::look_at(std::int32_t pid) const {
    const auto found = std::ranges::find(looks, pid, &TaskLook::pid);
    return found == looks.end() ? nullptr : &*found;
}

std::vector<Moment> moments_of(const LogStory& story) {
    const auto version = kernel_version(story.release);
    std::vector<Moment> moments;
    std::set<std::int32_t> seen;  // in the latest moment
    std::int32_t unnamed = 0;
    const auto dumps = dumps_of(story);
    auto next_dump = dumps.begin();
    for (const LogTask& task : story.tasks) {
        bool dump = false;
        for (; next_dump != dumps.end() && !before(task.place, *next_dump); ++next_dump) {
            dump = true;
        }
        if (!tells_something(task) || task.bystander || task.pid == 0) {  // pid 0 idles
            continue;
        }
        const std::int32_t pid = task.pid.value_or(--unnamed);
        const bool begins = moments.empty() || dump || seen.contains(pid) || task.boot != boot_of(moments.back()) ||
                            is_later(task, *moments.back().looks.front().task) ||
                            stands_apart(task, *moments.back().looks.back().task);
        if (begins) {
            if (!moments.empty()) {
                moments.back().is_whole = true;
            }
            moments.emplace_back().is_dump = dump;
            seen.clear();
        }
        seen.insert(pid);
        moments.back().looks.push_back({pid, task.comm, &task, reading_of(task, version)});
    }
    drop_look_cut_off(moments);
    return moments;
}

bool is_unmoved(const TaskLook& one, const TaskLook& other) {
    return one.comm == other.comm && !one.reading.frames.empty() && one.reading.frames == other.reading.frames;
}

Moment as_of(const std::vector<Moment>& moments, std::size_t moment) {
    Moment result = moments[moment];
    const auto* at = timed(moments[moment]);
    const auto boot = boot_of(result);
    std::set<std::int32_t> known;
    for (const TaskLook& look : result.looks) {
        known.insert(look.pid);
    }
    std::map<std::int32_t, const TaskLook*> earlier;
    for (std::size_t i = 0; i < moment; ++i) {
        if (boot_of(moments[i]) != boot) {
            continue;
        }
        for (const TaskLook& look : moments[i].looks) {
            earlier[look.pid] = &look;
        }
    }
    for (std::size_t i = moment + 1; i < moments.size() && boot_of(moments[i]) == boot; ++i) {
        for (const TaskLook& look : moments[i].looks) {
            const auto before = earlier.find(look.pid);
            const bool stayed = before != earlier.end() && is_unmoved(*before->second, look);
            if (!known.contains(look.pid) && (stayed || covers(look, at))) {
                known.insert(look.pid);
                result.looks.push_back(look);
            }
        }
    }
    return result;
}

bool has_moved_on(const std::vector<Moment>& moments, std::size_t moment, std::int32_t pid) {
    const TaskLook* look = moments[moment].look_at(pid);
    std::set<std::int32_t> behind;  // it, in a list of all tasks
    bool is_behind = false;
    for (const TaskLook& other : moments[moment].looks) {
        if (is_behind) {
            behind.insert(other.pid);
        }
        is_behind = is_behind || other.pid == pid;
    }
    const auto boot = boot_of(moments[moment]);
    for (std::size_t i = moment + 1; i < moments.size() && boot_of(moments[i]) == boot; ++i) {
        const Moment& later = moments[i];
        if (const TaskLook* again = later.look_at(pid)) {
            if (look != nullptr && !again->reading.frames.empty() && !is_unmoved(*look, *again)) {
                return true;
            }
            continue;
        }
        const bool would_show =
            later.is_dump && (later.is_whole || std::ranges::any_of(later.looks, [&](const TaskLook& one) {
                                  return behind.contains(one.pid);
                              }));
        if (would_show) {
            return true;
        }
    }
    return false;
}

bool stood(const std::vector<Moment>& moments, std::size_t moment, std::int32_t pid, std::uint64_t at_least_ns) {
    const LogTask* first = nullptr;
    const TaskLook* reference = moments[moment].look_at(pid);
    for (const Moment& each : moments) {
        const TaskLook* look = boot_of(each) == boot_of(moments[moment]) ? each.look_at(pid) : nullptr;
        if (look == nullptr || (reference != nullptr && !is_unmoved(*reference, *look))) {
            continue;
        }
        reference = look;
        if (blocked_ns(*look) >= at_least_ns) {
            return true;
        }
        if (!has_time(*look->task)) {
            continue;
        }
        if (first != nullptr && is_after(*first, *look->task, at_least_ns)) {
            return true;
        }
        first = first != nullptr ? first : look->task;
    }
    return false;
}

std::set<std::int32_t> standing(const std::vector<Moment>& moments, std::uint64_t at_least_ns) {
    std::map<std::int32_t, const TaskLook*> since;
    std::set<std::int32_t> standing;
    for (const Moment& moment : moments) {
        for (const TaskLook& look : moment.looks) {
            const TaskLook*& known = since.try_emplace(look.pid, &look).first->second;
            if (!is_unmoved(*known, look) || known->task->boot != look.task->boot) {
                known = &look;
                standing.erase(look.pid);
            }
            if (is_after(*known->task, *look.task, at_least_ns) || blocked_ns(look) >= at_least_ns) {
                standing.insert(look.pid);
            }
        }
    }
    return standing;
}

}  // namespace blkhang
