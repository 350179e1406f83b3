// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

using Stack = std::vector<std::string>;  ///< innermost first, each `symbol+0x12/0x34 [module]`

/// Takes the watching itself out of a kernel stack: BPF programs, the trampolines that call them, and the second frame
/// that a trampoline leaves of the function it is attached to (its entry, seen as a caller). What remains is what the
/// kernel would show unwatched, so that a function that appears twice really was entered twice.
Stack without_watching(const Stack& stack);

/// `pcpu_alloc` of `pcpu_alloc+0x12/0x34 [module]`.
std::string_view function_of(std::string_view frame);

}  // namespace blkhang
