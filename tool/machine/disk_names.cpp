// SPDX-License-Identifier: GPL-2.0-only
#include "machine/disk_names.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace blkhang {

namespace fs = std::filesystem;

namespace {

/// "MAJOR:MINOR".
std::string numbers_of(std::uint32_t device) {
    constexpr unsigned kMinorBits = 20;
    return fmt::format("{}:{}", device >> kMinorBits, device & ((1U << kMinorBits) - 1));
}

}  // namespace

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

void DiskNames::learn(std::uint32_t device, std::string name) {
    constexpr std::size_t kMost = 1 << 14;  // the kernel gives out the numbers of those that have gone again
    if (names_.size() < kMost || names_.contains(numbers_of(device))) {
        names_.insert_or_assign(numbers_of(device), std::move(name));
    }
}

std::string DiskNames::name(std::uint32_t device) const {
    const auto number = numbers_of(device);
    const auto found = names_.find(number);
    return found == names_.end() ? number : found->second;
}

}  // namespace blkhang
