// SPDX-License-Identifier: GPL-2.0-only
#include "lab/plant_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "embedded/plants.h"

namespace blkhang {

std::vector<std::string> plant_names() {
    constexpr std::string_view kSourceSuffix = ".c";
    std::vector<std::string> names;
    for (const auto& [file, content] : embedded::plants()) {
        if (file.ends_with(kSourceSuffix)) {
            names.push_back(file.substr(0, file.size() - kSourceSuffix.size()));
        }
    }
    return names;
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
