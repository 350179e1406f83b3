// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_places.h"

#include <algorithm>
#include <functional>

#include "kernels/frames.h"
#include "kernels/functions.h"
#include "kernels/requests.h"
#include "kernels/sleepers.h"
#include "kernels/sources.h"
#include "klog/stack.h"
#include "report/words/stack_view.h"

namespace blkhang {
namespace {

using Index = std::optional<std::size_t>;

Index innermost(const Stack& stack, const std::function<bool(std::string_view)>& is_it) {
    const auto found = std::ranges::find_if(stack, [&](const auto& frame) { return is_it(base_function(frame)); });
    return found == stack.end() ? Index{} : static_cast<std::size_t>(found - stack.begin());
}

Index outermost(const Stack& stack, const std::function<bool(std::string_view)>& is_it) {
    for (std::size_t i = stack.size(); i-- > 0;) {
        if (is_it(base_function(stack[i]))) {
            return i;
        }
    }
    return std::nullopt;
}

template <class Names>
bool is_one_of(std::string_view function, const Names& names) {
    return !function.empty() && std::ranges::find(names, function) != names.end();
}

bool allocates(std::string_view function) { return is_one_of(function, functions::kPercpuAlloc); }

Index hold_in(const Stack& stack, const Awaited& what) {
    switch (what.kind) {
        case WaitKind::mutex:
            return outermost(stack, [&](std::string_view function) {
                return std::ranges::any_of(holds(), [&](const HoldRow& row) {
                    return row.thing == Thing::lock && row.lock == what.lock && row.function == function;
                });
            });
        case WaitKind::queue:
            return outermost(stack, [](auto function) { return is_one_of(function, frames::kHasFrozen); });
        case WaitKind::drain:
            return outermost(stack, [](auto function) { return is_one_of(function, functions::kBlkgConf); });
        case WaitKind::memory:
        case WaitKind::kswapd:
            return outermost(stack, [](auto function) {
                return is_one_of(function, functions::kKswapdRound) || is_one_of(function, functions::kDirectReclaim) ||
                       is_one_of(function, functions::kMemcgReclaim);
            });
    }
    return std::nullopt;
}

Index wait_in(const Stack& stack, const Awaited& what) {
    if (what.is_percpu_mutex()) {
        if (const auto allocator = innermost(stack, allocates)) {
            return allocator;
        }
    }
    const auto sleeper =
        innermost(stack, [](auto function) { return !is_sleeping_code(function) && !is_plumbing(function); });
    return sleeper || stack.empty() ? sleeper : Index{0};
}

bool is_known(std::string_view function) { return !source_of(function).empty(); }

/// Who called pcpu_alloc() first, behind its wrappers: __alloc_percpu(), __alloc_percpu_gfp(), bpf_map_alloc_percpu().
Index caller_of_allocator(const Stack& stack) {
    const auto allocator = outermost(stack, allocates);
    if (!allocator) {
        return std::nullopt;
    }
    const auto caller = std::find_if(stack.begin() + static_cast<std::ptrdiff_t>(*allocator) + 1, stack.end(),
                                     [](const auto& frame) { return frame.find("alloc_percpu") == std::string::npos; });
    return caller == stack.end() ? std::nullopt : Index{static_cast<std::size_t>(caller - stack.begin())};
}

Index actor_in(const Record::Task& task) {
    const auto request = outermost(task.stack, [](auto function) { return !request_in(function).empty(); });
    if (request) {
        return request;
    }
    const auto known = outermost(task.stack, is_known);
    const bool is_owner = std::ranges::any_of(task.holds, &Awaited::is_percpu_mutex);
    const auto caller = caller_of_allocator(task.stack);
    // Beyond the allocator nothing is known of who owns the mutex: a BPF map, a fork, a mount.
    if (is_owner && caller && (!known || *known < *caller)) {
        return caller;
    }
    return known;
}

}  // namespace

std::vector<std::size_t> StackPlaces::frames() const {
    std::vector<std::size_t> all;
    for (const Hold& hold : holds) {
        all.push_back(hold.frame);
    }
    for (const auto& one : {waits, actor}) {
        if (one) {
            all.push_back(*one);
        }
    }
    return all;
}

StackPlaces places_in(const Record::Task& task) {
    StackPlaces places;
    for (const Awaited& what : task.holds) {
        if (const auto frame = hold_in(task.stack, what)) {
            places.holds.push_back({*frame, what});
        }
    }
    places.waits = wait_in(task.stack, task.waits_for);
    places.actor = actor_in(task);
    return places;
}

std::string_view base_function(std::string_view frame) { return without_suffix(function_of(frame)); }

bool is_percpu_allocator(std::string_view frame) { return allocates(base_function(frame)); }

bool swaps_out(const Stack& stack) {
    return std::ranges::any_of(stack, [](const auto& frame) {
        const auto function = base_function(frame);
        return function.starts_with("swap_write") || function.starts_with("__swap_write");
    });
}

bool reclaims_directly(const Stack& stack) {
    return innermost(stack,
                     [](auto function) {
                         return is_one_of(function, functions::kDirectReclaim) ||
                                is_one_of(function, functions::kMemcgReclaim);
                     })
        .has_value();
}

bool shows_percpu_owner(const Stack& stack) {
    return innermost(stack, [](auto function) { return is_one_of(function, frames::kOwnsMutex); }).has_value();
}

}  // namespace blkhang
