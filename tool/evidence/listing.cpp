// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/path_name.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 255;

}  // namespace

Result<std::vector<std::string>> names_in(const Directory& directory, std::size_t most) {
    std::vector<std::string> names;
    std::error_code problem;
    // By the descriptor: what its path leads to may have been exchanged since.
    for (fs::directory_iterator at(fmt::format("/proc/self/fd/{}", directory.descriptor()), problem), end;
         !problem && at != end && names.size() < most; at.increment(problem)) {
        if (auto name = at->path().filename().string(); is_path_name(name, kLongestName)) {
            names.push_back(std::move(name));
        }
    }
    if (problem) {
        return fail(Error::from_errno(problem.value(), directory.path().string(), Fault::usage));
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace blkhang
