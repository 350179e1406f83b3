// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/release.h"

#include <fmt/format.h>

#include <charconv>

namespace blkhang {

std::optional<KernelVersion> kernel_version(std::string_view release) {
    KernelVersion version;
    const char* const end = release.data() + release.size();
    const auto major = std::from_chars(release.data(), end, version.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') {
        return std::nullopt;
    }
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    return minor.ec == std::errc{} ? std::optional(version) : std::nullopt;
}

std::string to_string(const KernelVersion& version) { return fmt::format("{}.{}", version.major, version.minor); }

bool Releases::contain(const KernelVersion& version) const {
    const auto first = kernel_version(since);
    const auto fixed = kernel_version(before);
    return (!first || !(version < *first)) && (!fixed || version < *fixed);
}

}  // namespace blkhang
