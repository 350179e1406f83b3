// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// The upstream version that a kernel's release begins with: 6.1 of `6.1.0-56-cloud-amd64`. Distributions move fixes,
/// and Debian writes a 0 where the number of the stable release belongs: what a version infers is never certain.
struct KernelVersion {
    std::uint32_t major = 0, minor = 0;
    bool operator==(const KernelVersion&) const = default;
    bool operator<(const KernelVersion& other) const {
        return major != other.major ? major < other.major : minor < other.minor;
    }
};
/// Nothing if it begins with no version.
std::optional<KernelVersion> kernel_version(std::string_view release);
/// "6.1".
std::string to_string(const KernelVersion& version);

/// Kernels from one upstream version on and before another. An empty bound is none.
struct Releases {
    std::string_view since = {}, before = {};
    /// Whether it is one of them.
    [[nodiscard]] bool contain(const KernelVersion& version) const;
};

}  // namespace blkhang
