// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// Where in the stack of a task of a cycle that came to pass which the cycle is about. Indices are of the task's stack.
struct StackPlaces {
    struct Hold {
        std::size_t frame;
        Awaited what;
    };
    std::vector<Hold> holds;           ///< the outermost frame inside which the task has it; where the stack shows it
    std::optional<std::size_t> waits;  ///< nothing if there is no stack
    /// Whose doing it is: what somebody asked the kernel for, who called the allocator, or the outermost function that
    /// is known.
    std::optional<std::size_t> actor;

    /// All of them.
    [[nodiscard]] std::vector<std::size_t> frames() const;
};
StackPlaces places_in(const Record::Task& task);

/// `pcpu_alloc` of `pcpu_alloc.isra.0+0x12/0x34 [module]`.
std::string_view base_function(std::string_view frame);
/// pcpu_alloc(), by whatever name.
bool is_percpu_allocator(std::string_view frame);
/// The stack swaps out.
bool swaps_out(const Stack& stack);
/// The stack tries to free memory for itself.
bool reclaims_directly(const Stack& stack);
/// The stack has what is called with pcpu_alloc_mutex held.
bool shows_percpu_owner(const Stack& stack);

}  // namespace blkhang
