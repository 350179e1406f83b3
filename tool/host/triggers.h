// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/host_view.h"

namespace blkhang {

/// What one member of the family finds on this host.
struct MemberHere {
    enum class Trigger {
        none,     ///< nothing that would set it off can happen here as things are
        by_hand,  ///< it takes a write that nobody was found to make
        present,  ///< something on this host makes that write, or does without one
    };
    const FamilyMember* member;
    Trigger trigger;
    std::vector<std::string> by;  ///< all that would set it off, or why nothing does
};
std::string_view to_string(MemberHere::Trigger trigger);

/// All members that this kernel does not rule out and that hang by themselves. They point into the view.
std::vector<MemberHere> members_here(const HostView& view);

/// The swaps whose bios can wait in a queue.
std::vector<const SwapQueue*> swaps_on_disks(const HostView& view);

}  // namespace blkhang
