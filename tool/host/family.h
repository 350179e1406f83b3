// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <vector>

namespace blkhang {

/// A way in which block IO, reclaim and per-CPU allocation can lock each other up, and whether this kernel's sources
/// leave it open. That they do says nothing of how easily it happens.
struct FamilyMember {
    enum class State { possible, closed, unknown };
    std::string name;     ///< as the profile that provokes it is or will be called
    std::string trigger;  ///< what sets it off, in words
    State state;
    std::string why;
};
std::string_view to_string(FamilyMember::State state);

/// All members that are known, judged by the kernel's fingerprints (host/fingerprints.h). Sources: the changes named
/// there, and the thread "percpu: avoid IO/FS reclaim in backing allocations" (2026-05) for the family as a whole.
std::vector<FamilyMember> family_of(const std::map<std::string, std::string>& fingerprints);

}  // namespace blkhang
