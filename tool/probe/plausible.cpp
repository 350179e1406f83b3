// SPDX-License-Identifier: GPL-2.0-only
#include "probe/plausible.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "kernels/functions.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

/// The functions that a scope lasts as long as, on any kernel (kernels/functions.h); unused ones are empty.
using Functions = std::array<std::string_view, 3>;

Functions functions_of(Scope scope) {
    using namespace functions;
    switch (scope) {
        case Scope::percpu_alloc:
        case Scope::percpu_alloc_noio:
        case Scope::percpu_alloc_nowait:
            return {kPercpuAlloc.front(), kPercpuAlloc.back()};
        case Scope::percpu_balance:
            return {kPercpuBalance.front()};
        case Scope::reclaim:
        case Scope::reclaim_noio:
            return {kDirectReclaim.front(), kMemcgReclaim.front(), kKswapdRound.front()};
        case Scope::submit_bio:
        case Scope::blk_throtl:
        case Scope::swap_out:      // may leave the stack early: end in a jump, or have other code put in their place
        case Scope::percpu_mutex:  // read from the mutex itself
        case Scope::queue_frozen:  // outlasts the function that begins it
        case Scope::queue_enter:
        case Scope::queue_used:
        case Scope::blkg_conf:
        case Scope::blkcg_mutex:
        case Scope::rq_qos_mutex:
            break;
    }
    return {};
}

/// Down to the system call, exception or thread that it began in: nothing is missing.
bool is_complete(const Stack& stack) {
    if (stack.empty()) {
        return false;
    }
    const auto first = function_of(stack.back());
    return std::ranges::any_of(std::array<std::string_view, 3>{"entry_SYSCALL", "ret_from_fork", "asm_exc_"},
                               [&](std::string_view entry) { return first.starts_with(entry); });
}

}  // namespace

bool is_contradicted(const seen::Edge& edge) {
    const auto functions = functions_of(edge.outer);
    if (functions.front().empty() || !is_complete(edge.stack)) {
        return false;
    }
    return std::ranges::none_of(edge.stack, [&](const std::string& frame) {
        auto function = function_of(frame);
        function = function.substr(0, function.find('.'));  // pcpu_alloc.isra.0
        return !function.empty() && std::ranges::find(functions, function) != functions.end();
    });
}

}  // namespace blkhang
