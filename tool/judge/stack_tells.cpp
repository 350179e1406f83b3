// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stack_tells.h"

#include <algorithm>

#include "kernels/frames.h"
#include "kernels/functions.h"
#include "kernels/locks.h"
#include "kernels/sleepers.h"
#include "klog/frame.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

/// pcpu_alloc.isra.0 is pcpu_alloc.
std::string_view name_of(std::string_view frame) {
    const auto function = function_of(frame);
    return function.substr(0, function.find('.'));
}

template <std::size_t N>
bool is_one_of(std::string_view frame, const frames::Names<N>& names) {
    const auto name = name_of(frame);
    return !name.empty() && std::ranges::find(names, name) != names.end();  // functions have fewer names than room
}

template <std::size_t N>
bool has_one_of(const Stack& stack, const frames::Names<N>& names) {
    return std::ranges::any_of(stack, [&](const std::string& frame) { return is_one_of(frame, names); });
}

bool is_of_sleeping(std::string_view frame) {
    const auto name = name_of(frame);
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    return std::ranges::any_of(frames::kOfSleeping, begins) || std::ranges::any_of(frames::kOfMutex, begins);
}

/// "+0x40/0x40": the call that returns there is the last thing that the function does.
bool is_at_its_very_end(std::string_view frame) {
    const auto view = frame_in(frame);
    const auto offset = view ? view->offset : std::string_view{};
    const auto slash = offset.find('/');
    return slash != std::string_view::npos && offset.substr(1, slash - 1) == offset.substr(slash + 1);
}

/// Where a call returns to whose return is watched. Before 5.15 no stack is followed past it: it stands where the task
/// sleeps, and hides what that is. In 5.10 it has no symbol of its own, and goes by the name of the function before it.
bool is_return_trampoline(std::string_view frame) {
    return std::ranges::find(functions::kReturnTrampoline, name_of(frame)) != functions::kReturnTrampoline.end() ||
           is_at_its_very_end(frame);
}

/// The function that sleeps, or has the mutex taken for it; empty if there is none.
std::string_view sleeper(const Stack& stack) {
    const auto found = std::ranges::find_if_not(stack, is_of_sleeping);
    return found == stack.end() ? std::string_view{} : std::string_view{*found};
}

WaitShown verdict_on(bool in_place) { return in_place ? WaitShown::the_wait : WaitShown::another_place; }

/// What bpf/waits.def asks of a stack.
class SleeperStack {
public:
    SleeperStack(const Stack& stack, const Awaited& awaited)
        : stack_(stack), sleeper_(sleeper(stack)), is_percpu_mutex_(awaited.is_percpu_mutex()) {}

    [[nodiscard]] static WaitShown nothing() { return WaitShown::nothing; }
    [[nodiscard]] WaitShown asleep_in(const FunctionNames& functions) const {
        return verdict_on(is_one_of(sleeper_, functions));
    }
    [[nodiscard]] WaitShown inside(const FunctionNames& functions) const {
        return verdict_on(has_one_of(stack_, functions));
    }
    [[nodiscard]] WaitShown at_mutex() const {
        const bool in_place = std::ranges::any_of(lock_waits(), [this](const WaitRow& row) {
            return row.certainty == Certainty::certain && row.function == name_of(sleeper_) &&
                   (is_percpu_mutex_ ? row.lock == kPercpuMutex : is_lock_of_queue(row.lock));
        });
        // The mutexes of a queue are taken in many places, of which only these are known.
        return in_place || is_percpu_mutex_ ? verdict_on(in_place) : WaitShown::nothing;
    }

private:
    const Stack& stack_;
    std::string_view sleeper_;
    bool is_percpu_mutex_;
};

}  // namespace

WaitShown shows_wait(const seen::BlockedTask& task, const seen::Wait& wait) {
    using namespace functions;
    if (sleeper(task.stack).empty() || is_return_trampoline(sleeper(task.stack))) {
        return WaitShown::nothing;
    }
    const SleeperStack stack(task.stack, wait.what);
    switch (wait.what.kind) {
#define WAIT(tag, name, held_by, shown) \
    case WaitKind::name:                \
        return stack.shown;
#include "waits.def"
    }
    return WaitShown::nothing;
}

bool shows_role(const seen::BlockedTask& task, const seen::Wait& wait) {
    if (wait.owns_percpu_mutex) {
        return has_one_of(task.stack, frames::kOwnsMutex);
    }
    return shows_freezer(task);
}

bool shows_freezer(const seen::BlockedTask& task) { return has_one_of(task.stack, frames::kHasFrozen); }

}  // namespace blkhang
