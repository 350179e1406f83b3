// SPDX-License-Identifier: GPL-2.0-only
#include "probe/absence.h"

#include <algorithm>

#include <fmt/format.h>

#include "kernels/facilities.h"
#include "machine/symbols.h"

namespace blkhang {
namespace {

/// Functions that each kernel has, from the files whose others are looked for and from others linked far from them
/// (kernel/, mm/, block/): /proc/kallsyms lists them all, or is not to be relied on.
bool is_whole(const Symbols& symbols) {
    const auto has = [&](const FunctionNames& function) {
        return std::ranges::any_of(function, [&](auto name) { return !name.empty() && symbols.has_function(name); });
    };
    return has(functions::kDirectReclaim) && has(functions::kSubmitBio) && has(functions::kSleep);
}

bool is_absent(const Facility& facility, const Symbols& symbols) {
    return is_whole(symbols) && std::ranges::none_of(facility.beginnings, [&](auto beginning) {
               return !beginning.empty() && symbols.has_function_beginning(beginning);
           });
}

}  // namespace

seen::Tier::Missing absence_of(const std::string& program, const FunctionNames& function, const Symbols& symbols) {
    const Facility* const facility = facility_of(function);
    if (facility != nullptr && is_absent(*facility, symbols)) {
        return {std::string{facility->option}, fmt::format("this kernel was built without {}", facility->words)};
    }
    return {program, fmt::format("this kernel has no {}", function.front())};
}

void add_once(std::vector<seen::Tier::Missing>& missing, seen::Tier::Missing one) {
    if (std::ranges::find(missing, one.what, &seen::Tier::Missing::what) == missing.end()) {
        missing.push_back(std::move(one));
    }
}

}  // namespace blkhang
