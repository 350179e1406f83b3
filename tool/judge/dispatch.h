// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

#include "judge/observation.h"

/// Whoever takes in observations says by type which of them he does not: so a new one is dropped nowhere by mistake.
namespace blkhang {

template <class T, class... Others>
inline constexpr bool kIsOneOf = (std::same_as<T, Others> || ...);
template <class T, class Variant>
inline constexpr bool kIsAlternative = false;
template <class T, class... Alternatives>
inline constexpr bool kIsAlternative<T, std::variant<Alternatives...>> = kIsOneOf<T, Alternatives...>;

/// Hands what was observed to `handle`, unless it is one of `Ignored`. Does not compile while there is a kind of
/// observation that is neither ignored nor one that `handle` can take.
template <class... Ignored, class Handle>
void dispatch(const Observation& observation, const Handle& handle) {
    static_assert((kIsAlternative<Ignored, Observation> && ...));
    std::visit(
        [&handle](const auto& one) {
            if constexpr (!kIsOneOf<std::remove_cvref_t<decltype(one)>, Ignored...>) {
                handle(one);
            }
        },
        observation);
}

/// Hands what was observed to `handle` if it is one of `Wanted`: none of the others, and none that there will be, is of
/// any concern.
template <class... Wanted, class Handle>
void dispatch_only(const Observation& observation, const Handle& handle) {
    static_assert((kIsAlternative<Wanted, Observation> && ...));
    std::visit(
        [&handle](const auto& one) {
            if constexpr (kIsOneOf<std::remove_cvref_t<decltype(one)>, Wanted...>) {
                handle(one);
            }
        },
        observation);
}

/// What was observed is of one of these kinds.
template <class... Kinds>
bool is_one_of(const Observation& observation) {
    static_assert((kIsAlternative<Kinds, Observation> && ...));
    return (std::holds_alternative<Kinds>(observation) || ...);
}

}  // namespace blkhang
