// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace blkhang {

/// Names of the block devices that exist when it is loaded. Naming one later neither reads a file nor calls the kernel.
class DiskNames {
public:
    /// Reads the links `MAJOR:MINOR` below this directory; what cannot be read has no name.
    static DiskNames load(const std::filesystem::path& directory = "/sys/dev/block");

    /// One that has come since. It may have the number of one that has gone.
    void learn(std::uint32_t device, std::string name);

    /// "vda" of the kernel's own dev_t (MAJOR << 20 | MINOR, include/linux/kdev_t.h); "254:0" if it has no name here.
    [[nodiscard]] std::string name(std::uint32_t device) const;

private:
    std::map<std::string, std::string> names_;  // by "MAJOR:MINOR"
};

}  // namespace blkhang
