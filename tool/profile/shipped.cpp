// SPDX-License-Identifier: GPL-2.0-only
#include "profile/shipped.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "base/regular_file.h"
#include "embedded/profiles.h"
#include "profile/profile_toml.h"

namespace blkhang {
namespace {

constexpr std::string_view kSuffix = ".toml";
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

}  // namespace

std::vector<std::string> shipped_profiles() {
    std::vector<std::string> names;
    for (const auto& [file, text] : embedded::profiles()) {
        names.push_back(file.substr(0, file.size() - kSuffix.size()));
    }
    return names;
}

Result<Profile> load_profile(std::string_view name_or_path) {
    if (name_or_path.ends_with(kSuffix)) {
        const auto text = read_regular(name_or_path, kLargestFile);
        if (!text) {
            return fail(Fault::usage, fmt::format("profile: {}", text.error().message()));
        }
        return parse_profile(*text, name_or_path);
    }
    const std::string file = fmt::format("{}{}", name_or_path, kSuffix);
    if (const auto found = embedded::profiles().find(file); found != embedded::profiles().end()) {
        return parse_profile(found->second, file);
    }
    const std::vector<std::string> names = shipped_profiles();
    return fail(
        Error(Fault::usage, fmt::format("unknown profile '{}'{}", name_or_path, did_you_mean(name_or_path, names)))
            .hint(fmt::format("shipped: {}; a profile of your own is given as a path that ends in .toml",
                              fmt::join(names, ", "))));
}

}  // namespace blkhang
