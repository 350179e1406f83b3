// SPDX-License-Identifier: GPL-2.0-only
#include "machine/disk_names.h"

#include <fmt/format.h>

#include <system_error>

namespace blkhang {

namespace fs = std::filesystem;

DiskNames DiskNames::load(const fs::path& directory) {
    DiskNames result;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory, problem)) {
        const auto target = fs::read_symlink(entry.path(), problem);
        if (!problem) {
            result.names_.emplace(entry.path().filename().string(), target.filename().string());
        }
    }
    return result;
}

std::string DiskNames::name(std::uint32_t device) const {
    constexpr unsigned kMinorBits = 20;
    const auto number = fmt::format("{}:{}", device >> kMinorBits, device & ((1U << kMinorBits) - 1));
    const auto found = names_.find(number);
    return found == names_.end() ? number : found->second;
}

}  // namespace blkhang
