// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/cycle_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/words.h"
#include "judge/proven_cycle.h"
#include "kernels/requests.h"
#include "kernels/sources.h"
#include "report/words/stack_places.h"

namespace blkhang {
namespace {

/// Real circles have up to four; what is longer no sentence makes plain.
constexpr std::size_t kTasksInASentence = 4;

std::string_view request_of(const Record::Task& task) {
    const auto actor = places_in(task).actor;
    return actor ? request_in(base_function(task.stack[*actor])) : std::string_view{};
}

/// The task that set it off: who froze a queue, asked to do so; else who was asked for anything.
const Record::Task* doer(const Record::Deadlock& deadlock) {
    const Record::Task* found = nullptr;
    for (const auto& task : deadlock.tasks) {
        if (request_of(task).empty()) {
            continue;
        }
        if (has_queue_frozen(task)) {
            return &task;
        }
        found = found == nullptr ? &task : found;
    }
    return found;
}

/// The disk whose queue, or whose queue's mutex, the task has or waits for; empty if there is none.
std::string disk_of(const Record::Task& task) {
    for (const Awaited& what : task.holds) {
        if (!what.disk.empty()) {
            return what.disk;
        }
    }
    return task.waits_for.disk;
}

/// Somebody of the cycle waits to swap out to it.
bool is_swapped_to(const std::string& disk, const Record::Deadlock& deadlock) {
    return std::ranges::any_of(deadlock.tasks, [&](const Record::Task& task) {
        return task.waits_for == Awaited::frozen_queue(disk) && swaps_out(task.stack);
    });
}

std::string actor_of(const Record::Task& task, bool is_doer) {
    const auto actor = places_in(task).actor;
    if (!actor) {
        return task_name(task.comm, task.pid);
    }
    const auto asked = request_of(task);
    const std::string function = fmt::format("{}()", base_function(task.stack[*actor]));
    return is_doer || asked.empty() ? function : fmt::format("{}, {},", function, asked);
}

/// A task that needs memory waits deep in the page allocator; whose need it is, is told by the function that is known.
std::string waiting_function(const Record::Task& task) {
    auto frame = places_in(task).waits;
    if (task.waits_for.kind == WaitKind::memory) {
        const auto known =
            std::ranges::find_if(task.stack, [](const auto& one) { return !source_of(base_function(one)).empty(); });
        frame = known == task.stack.end() ? frame : std::size_t(known - task.stack.begin());
    }
    return frame ? fmt::format("{}()", base_function(task.stack[*frame])) : "";
}

/// "waits in pcpu_alloc() for pcpu_alloc_mutex", unless all of it is one function.
std::string waiting(const Record::Task& task, const std::string& actor) {
    std::string text = in_words(task.waits_for, words_for(task.waits_for).waiting);
    const std::string function = waiting_function(task);
    constexpr std::string_view kVerb = "waits";
    if (!function.empty() && function != actor && text.starts_with(kVerb)) {
        text.insert(kVerb.size(), " in " + function);
    }
    return text;
}

std::string clause(const Record::Task& task, bool is_doer) {
    const std::string actor = actor_of(task, is_doer);
    std::vector<std::string> parts;
    for (const Awaited& held : task.holds) {
        if (const auto possession = words_for(held).possession; !possession.empty()) {
            parts.push_back(in_words(held, possession));
        }
    }
    parts.push_back(waiting(task, actor));
    return fmt::format("{} {}", actor, fmt::join(parts, " and "));
}

/// Of a task that waits for what it holds itself: who took it, and who wants it again inside that.
std::string clause_alone(const Record::Task& task) {
    const auto places = places_in(task);
    if (places.holds.empty() || !places.waits || places.holds.front().frame <= *places.waits) {
        return fmt::format("{} {}", actor_of(task, true), role_alone(task.waits_for));
    }
    const auto caller_of = [&](std::size_t frame) {
        return base_function(task.stack[std::min(frame + 1, task.stack.size() - 1)]);
    };
    return fmt::format("{}() {}, and {}(), inside it, waits in {}() for the same",
                       caller_of(places.holds.front().frame),
                       in_words(task.waits_for, words_for(task.waits_for).possession), caller_of(*places.waits),
                       base_function(task.stack[*places.waits]));
}

}  // namespace

bool has_queue_frozen(const Record::Task& task) {
    return std::ranges::any_of(task.holds, [](const Awaited& what) { return what.kind == WaitKind::queue; });
}

std::string what_was_done(const Record::Deadlock& deadlock) {
    const auto* task = doer(deadlock);
    if (task == nullptr) {
        return {};
    }
    const std::string disk = disk_of(*task);
    return disk.empty() ? std::string(request_of(*task))
                        : fmt::format("{} of {}{}", request_of(*task),
                                      is_swapped_to(disk, deadlock) ? "the swap disk " : "", disk);
}

std::string in_functions(const Record::Deadlock& deadlock) {
    if (deadlock.kind == kSelfDeadlock && deadlock.tasks.size() == 1) {
        return clause_alone(deadlock.tasks.front());
    }
    const auto* first = doer(deadlock);
    const std::size_t begin = first == nullptr ? 0 : static_cast<std::size_t>(first - deadlock.tasks.data());
    std::vector<std::string> clauses;
    for (std::size_t i = 0; i < std::min(deadlock.tasks.size(), kTasksInASentence); ++i) {
        const auto& task = deadlock.tasks[(begin + i) % deadlock.tasks.size()];
        clauses.push_back(clause(task, &task == first));
    }
    if (deadlock.tasks.size() > kTasksInASentence) {
        clauses.push_back(fmt::format("and so on, {} tasks in all", deadlock.tasks.size()));
    }
    return fmt::format("{}", fmt::join(clauses, "; "));
}

std::string by_names(const Record::Deadlock& deadlock) {
    Deadlock judged{deadlock.kind == kSelfDeadlock ? Deadlock::Kind::self : Deadlock::Kind::cycle, 0, {}};
    for (const auto& task : deadlock.tasks) {
        judged.tasks.push_back({task.pid, task.comm, task.waits_for, task.holds, {}});
    }
    return describe(judged);
}

}  // namespace blkhang
