// SPDX-License-Identifier: GPL-2.0-only
#include "judge/observation.h"

#include <array>
#include <cstddef>

#include "base/names.h"
#include "judge/dispatch.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, kScopeCount> kScopeNames{
#define SCOPE(tag, name, drawn_as, calls) #name,
#include "scopes.def"
};

}  // namespace

std::string_view to_string(Scope scope) { return kScopeNames.at(static_cast<std::size_t>(scope)); }
std::optional<Scope> scope_from(std::string_view name) { return named<Scope>(kScopeNames, name); }
std::vector<std::string> scope_names() { return {kScopeNames.begin(), kScopeNames.end()}; }

std::uint64_t time_of(const Observation& observation) {
    std::uint64_t at_ns = 0;
    dispatch<seen::Tier, seen::Proof, seen::BlockedTask, seen::Unsupported, seen::Failure>(
        observation, [&at_ns](const auto& one) { at_ns = one.at_ns; });
    return at_ns;
}

}  // namespace blkhang
