// SPDX-License-Identifier: GPL-2.0-only
#include "judge/observation.h"

#include <array>
#include <cstddef>

namespace blkhang {
namespace {

constexpr std::array<std::string_view, kScopeCount> kScopeNames{
#define SCOPE(tag, name) #name,
#include "scopes.def"
#undef SCOPE
};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) {
            return static_cast<Enum>(i);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Scope scope) { return kScopeNames.at(static_cast<std::size_t>(scope)); }
std::optional<Scope> scope_from(std::string_view name) { return find<Scope>(kScopeNames, name); }

}  // namespace blkhang
