// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "kernels/family.h"
#include "record/measured_hangs.h"

namespace blkhang {
namespace {

std::string_view availability(const KnownKernel& kernel) {
    if (kernel.cached) {
        return kernel.offered ? "cached" : "cached only";
    }
    return kernel.offered ? "to be fetched" : "missing";
}

/// The names of the fingerprints that say yes: the others are that kernel's history.
std::string in_words(const Fingerprints& fingerprints) {
    std::vector<std::string> yes;
    for (const auto& [name, value] : fingerprints) {
        if (value == "yes") {
            yes.push_back(name);
        }
    }
    return yes.empty() ? "none of them" : fmt::format("{}", fmt::join(yes, ", "));
}

std::string possible_members(const Fingerprints& fingerprints, const std::string& version) {
    std::vector<std::string> names;
    for (const FamilyMember& member : family_of(fingerprints, measured_hangs(version))) {
        if (member.state == FamilyMember::State::possible) {
            names.push_back(member.name);
        }
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string list_kernels(const std::vector<KnownKernel>& kernels) {
    std::string text;
    for (const KnownKernel& kernel : kernels) {
        text += fmt::format("{:<9} {:<13} ", kernel.spec, availability(kernel));
        if (kernel.package.empty()) {
            text += fmt::format("{}\n", kernel.problem);
            continue;
        }
        text += fmt::format("{} {}{}\n", kernel.package, kernel.version,
                            kernel.suite.empty() ? "" : fmt::format(" ({})", kernel.suite));
        if (kernel.fingerprints) {
            text += fmt::format("{:<9} fingerprints  {}\n", "", in_words(*kernel.fingerprints));
            text += fmt::format("{:<9} possible      {}\n", "", possible_members(*kernel.fingerprints, kernel.version));
        } else {
            text += fmt::format("{:<9} fingerprints  not known yet (blkhang check --guest {})\n", "", kernel.spec);
        }
    }
    return text;
}

nlohmann::ordered_json kernels_json(const std::vector<KnownKernel>& kernels) {
    auto list = nlohmann::ordered_json::array();
    for (const KnownKernel& kernel : kernels) {
        nlohmann::ordered_json one{{"kernel", kernel.spec},    {"package", kernel.package}, {"version", kernel.version},
                                   {"suite", kernel.suite},    {"offered", kernel.offered}, {"cached", kernel.cached},
                                   {"problem", kernel.problem}};
        if (kernel.fingerprints) {
            one["fingerprints"] = *kernel.fingerprints;
        }
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace blkhang
