// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/circle.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/words.h"
#include "judge/wait_graph.h"
#include "kernels/locks.h"
#include "klog/frame.h"

namespace blkhang {
namespace {

/// All waits of a moment are of one time: the log tells no order among them.
constexpr std::uint64_t kNow = 1;
constexpr std::string_view kMutex = "mutex";  // as the hung-task detector calls it

Awaited named_lock(const std::string& name) {
    return Awaited::mutex(name, is_lock_of_queue(name) ? kUntoldDisk : std::string_view{});
}

std::optional<Awaited> held_as(const StackHold& hold) {
    if (hold.thing == Thing::frozen_queue) {
        return Awaited::frozen_queue(kUntoldDisk);
    }
    if (hold.thing == Thing::queue_users) {
        return Awaited::users_of_queue(kUntoldDisk);
    }
    return hold.thing == Thing::lock ? std::optional(named_lock(hold.lock)) : std::nullopt;
}

/// `&q->elevator_lock#2` is elevator_lock.
std::string class_name(std::string_view name) {
    name = name.substr(0, name.find('#'));
    const auto arrow = name.rfind("->");
    name = arrow == std::string_view::npos ? name : name.substr(arrow + 2);
    return std::string(name.starts_with('&') ? name.substr(1) : name);
}

/// Locks of interest that lockdep lists for it: of other classes there may be many locks, which cannot be told apart.
/// The last of the list may be the one that it waits for: lockdep notes a lock before the task has it.
std::vector<std::string> listed_holds(const TaskLook& look) {
    std::vector<std::string> names;
    const auto& listed = look.task->holds;
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const auto name = class_name(listed[i].name);
        if (i + 1 < listed.size() && (name == kPercpuMutex || is_lock_of_queue(name))) {
            names.push_back(name);
        }
    }
    return names;
}

/// An owner that the kernel named, where it waits for a mutex.
std::optional<std::int32_t> named_owner_of(const TaskLook& look) {
    const auto& blocker = look.task->blocked_by;
    return blocker && blocker->lock == kMutex && blocker->pid > 0 ? std::optional(blocker->pid) : std::nullopt;
}

/// The wait is told without any doubt: by its stack, and of a thing of which there is only one, or by the kernel. Of
/// kswapd there is one per node, and those that do not wait are in no dump.
bool is_certain(const TaskLook& look, const Awaited& what) {
    return named_owner_of(look) || (look.reading.wait->certainty == Certainty::certain && what.disk != kUntoldDisk &&
                                    what.kind != WaitKind::kswapd);
}

bool is_certain(const StackHold& hold, const Awaited& what) {
    return hold.certainty == Certainty::certain && what.disk != kUntoldDisk;
}

class Builder {
public:
    Builder(const Moment& moment, Belief belief) : belief_(belief) {
        for (const TaskLook& look : moment.looks) {
            by_pid_.emplace(look.pid, &look);
            if (look.comm.starts_with("kswapd")) {
                kswapd_ = look.pid;
            }
            // The kernel's word makes the one whom it names an owner.
            const auto owner = named_owner_of(look);
            if (owner && waits_for(look.reading, Thing::lock, kPercpuMutex)) {
                named_percpu_owner_ = owner;
            }
        }
        for (const TaskLook& look : moment.looks) {
            add(look);
        }
    }

    [[nodiscard]] std::optional<Circle> circle() const {
        const auto cycle = graph_.cycle();
        if (cycle.empty()) {
            return std::nullopt;
        }
        Circle found;
        found.deadlock.kind = cycle.size() == 1 ? Deadlock::Kind::self : Deadlock::Kind::cycle;
        found.deadlock.closed_ns = 0;
        for (std::size_t i = 0; i < cycle.size(); ++i) {
            const seen::Wait& wait = *cycle[i];
            const Awaited& held = cycle[(i + cycle.size() - 1) % cycle.size()]->what;
            const TaskLook& look = *by_pid_.at(wait.pid);
            found.deadlock.tasks.push_back({wait.pid, wait.comm, wait.what, {held}, plain_stack(look)});
            explain(look, wait.what, held, found);
        }
        return found;
    }

private:
    void add(const TaskLook& look) {
        const auto what = awaited_of(look);
        if (!what || (belief_ == Belief::certain && !is_certain(look, *what))) {
            return;
        }
        seen::Wait wait{kNow, look.pid, look.comm, *what, 0, false, plain_stack(look)};
        if (const auto owner = named_owner_of(look)) {
            wait.holder_pid = *owner;
        } else if (what->kind == WaitKind::kswapd) {
            wait.holder_pid = kswapd_;
        }
        std::vector<Awaited> owns;
        for (const StackHold& hold : look.reading.holds) {
            const auto held = held_as(hold);
            if (held && (belief_ == Belief::likely || is_certain(hold, *held))) {
                take(*held, wait, owns);
            }
        }
        for (const std::string& name : listed_holds(look)) {
            if (const Awaited held = named_lock(name); belief_ == Belief::likely || held.disk != kUntoldDisk) {
                take(held, wait, owns);
            }
        }
        wait.owns_percpu_mutex = wait.owns_percpu_mutex || named_percpu_owner_ == look.pid;
        wait.owns = std::move(owns);
        graph_.begin(wait);
    }

    void take(const Awaited& held, seen::Wait& wait, std::vector<Awaited>& owns) {
        if (held.is_percpu_mutex()) {
            wait.owns_percpu_mutex = true;
        } else if (held.kind == WaitKind::queue) {
            graph_.change(seen::Freeze{kNow, wait.pid, wait.comm, held.disk, true});
        } else {
            owns.push_back(held);
        }
    }

    void explain(const TaskLook& look, const Awaited& wanted, const Awaited& held, Circle& circle) const {
        const auto name = task_name(look.comm, look.pid);
        if (named_owner_of(look)) {
            circle.owner_named = true;
        } else if (!is_certain(look, wanted)) {
            circle.inferred.push_back(wanted.disk == kUntoldDisk
                                          ? fmt::format("that {} waits for a queue or a lock of the same disk: its "
                                                        "stack names none, hence the question mark",
                                                        name)
                                          : fmt::format("that {} waits for {}", name, to_string(wanted)));
        }
        for (const StackHold& hold : look.reading.holds) {
            const auto as = held_as(hold);
            if (as && *as == held && hold.certainty == Certainty::inferred) {
                circle.inferred.push_back(fmt::format("that {} {} while it is in {}()", name,
                                                      blkhang::in_words(held, words_for(held).possession),
                                                      hold.function));
            }
        }
    }

    Belief belief_;
    WaitGraph graph_;
    std::map<std::int32_t, const TaskLook*> by_pid_;
    std::int32_t kswapd_ = 0;
    std::optional<std::int32_t> named_percpu_owner_;
};

}  // namespace

std::optional<Circle> circle_in(const Moment& moment, Belief belief) { return Builder(moment, belief).circle(); }

bool is_of_family(const Circle& circle) {
    return std::ranges::any_of(circle.deadlock.tasks, [](const DeadlockTask& task) {
        return task.waits_for.is_percpu_mutex() || task.waits_for.kind == WaitKind::queue ||
               (task.waits_for.kind == WaitKind::mutex && is_lock_of_queue(task.waits_for.lock));
    });
}

Stack plain_stack(const TaskLook& look) {
    Stack stack;
    std::size_t next = 0;  // of the frames that were read: those that say nothing are left out here, too
    for (const LogFrame& frame : look.task->stack) {
        if (next < look.reading.frames.size() && without_suffix(frame.function) == look.reading.frames[next] &&
            (look.reading.doubted || !frame.doubted)) {
            stack.push_back(
                in_words(FrameView{frame.function, frame.offset, frame.module, frame.source, false, frame.inlined}));
            ++next;
        }
    }
    return stack;
}

std::optional<Awaited> awaited_of(const TaskLook& look) {
    if (!look.reading.wait) {
        return std::nullopt;
    }
    const StackWait& wait = *look.reading.wait;
    switch (wait.thing) {
        case Thing::lock:
            if (wait.lock.empty()) {
                // The last lock of lockdep's list, if it was being taken there.
                const auto& listed = look.task->holds;
                return Awaited::mutex(!listed.empty() && listed.back().taken_at == wait.function
                                          ? class_name(listed.back().name)
                                          : fmt::format("lock of {}()", wait.function),
                                      {});
            }
            return named_lock(wait.lock);
        case Thing::frozen_queue:
            return Awaited::frozen_queue(kUntoldDisk);
        case Thing::queue_users:
            return Awaited::users_of_queue(kUntoldDisk);
        case Thing::kswapd:
            return Awaited::kswapd();
        default:
            return std::nullopt;
    }
}

}  // namespace blkhang
