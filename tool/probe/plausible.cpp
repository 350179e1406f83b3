// SPDX-License-Identifier: GPL-2.0-only
#include "probe/plausible.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "kernels/functions.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

using Calls = std::vector<FunctionNames>;

/// Those that the scope lasts as long as, on any kernel; none if there are no such.
Calls calls_of(Scope scope) {
    using namespace functions;
    switch (scope) {
#define SCOPE(tag, name, drawn_as, calls) \
    case Scope::name:                     \
        return Calls{UNWRAPPED calls};
#define UNWRAPPED(...) __VA_ARGS__
#include "scopes.def"
#undef UNWRAPPED
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
    const auto calls = calls_of(edge.outer);
    if (calls.empty() || !is_complete(edge.stack)) {
        return false;
    }
    return std::ranges::none_of(edge.stack, [&](const std::string& frame) {
        auto function = function_of(frame);
        function = function.substr(0, function.find('.'));  // pcpu_alloc.isra.0
        return !function.empty() && std::ranges::any_of(calls, [&](const FunctionNames& names) {
            return std::ranges::find(names, function) != names.end();
        });
    });
}

}  // namespace blkhang
