// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "stage/roots.h"

namespace blkhang {

/// A disk as the kernel's files name it.
struct Disk {
    std::string name;                 ///< under /dev and /sys/block
    std::string number;               ///< "MAJOR:MINOR", as io.max wants it
    std::filesystem::path path = {};  ///< to open it
    std::uint64_t margin = 0;         ///< bytes at its beginning, and at its end, that no load writes to
    bool prepared = false;            ///< its first page has to be blkhang's header for a load before it is overwritten
};
/// Looks up the number, of a partition, too.
Result<Disk> find_disk(const Roots& roots, const std::string& name);
/// Those of them that are there.
Result<std::vector<Disk>> find_disks(const Roots& roots, const std::vector<std::string>& names);

}  // namespace blkhang
