// SPDX-License-Identifier: GPL-2.0-only
#include "profile/plants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>

#include "base/nearest.h"
#include "embedded/plants.h"

namespace blkhang {
namespace {

constexpr std::string_view kSourceSuffix = ".c";
constexpr std::string_view kHangs = "hang";

/// What the source says is expected of it; empty if it says nothing.
std::string_view expected_of(std::string_view source) {
    constexpr std::string_view kTag = "\nMODULE_INFO(blkhang_expect, \"";
    const auto tag = source.find(kTag);
    const auto text = tag == std::string_view::npos ? std::string_view{} : source.substr(tag + kTag.size());
    return text.substr(0, text.find('"'));
}

}  // namespace

const std::vector<Plant>& plants() {
    static const std::vector<Plant> all = [] {
        std::vector<Plant> found;
        for (const auto& [file, source] : embedded::plants()) {
            if (file.ends_with(kSourceSuffix)) {
                found.push_back({file.substr(0, file.size() - kSourceSuffix.size()), std::string(expected_of(source))});
            }
        }
        return found;
    }();
    return all;
}

std::vector<std::string> plant_names() {
    std::vector<std::string> names;
    names.reserve(plants().size());
    for (const auto& plant : plants()) {
        names.push_back(plant.name);
    }
    return names;
}

std::string plants_in_words() {
    std::vector<std::string> bugs;
    std::vector<std::string> controls;
    for (const auto& plant : plants()) {
        (plant.expected == kHangs ? bugs : controls).push_back(plant.name);
    }
    return fmt::format("{} (must hang), {} (must not)", fmt::join(bugs, ", "), fmt::join(controls, ", "));
}

bool is_to_hang(std::string_view plant) {
    return std::ranges::any_of(plants(),
                               [&](const Plant& each) { return each.name == plant && each.expected == kHangs; });
}

Status check_plant_name(std::string_view name, const std::vector<std::string>& others) {
    auto names = plant_names();
    names.insert(names.end(), others.begin(), others.end());
    if (std::find(names.begin(), names.end(), name) != names.end()) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("unknown planted bug '{}'{}", name, did_you_mean(name, names)))
                    .hint(fmt::format("there are: {}", fmt::join(names, ", "))));
}

}  // namespace blkhang
