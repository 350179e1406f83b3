// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>

#include "load/shared.h"
#include "stage/load_site.h"

namespace blkhang {

/// The group that a process of the load allocates in. Where the bio by which that swaps belongs to this group, it is
/// always a new one: only the first bio of a group on a disk is dangerous.
class OwnGroup {
public:
    /// Groups are called `name` with a number.
    OwnGroup(const LoadSite& site, std::string name, LoadCounters& counters)
        : site_(&site), name_(std::move(name)), counters_(&counters) {}
    /// Moves this process into a new one, and removes that before. Nothing where it does not matter.
    void renew();

private:
    const LoadSite* site_;
    std::string name_;
    LoadCounters* counters_;
    std::uint64_t number_ = 0;
    std::string current_;
};

}  // namespace blkhang
