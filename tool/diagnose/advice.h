// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/members.h"

namespace blkhang {

/// What is known of a member for whoever's kernel it is: versions, fix, what to do until then, how to provoke it.
std::vector<std::string> about(const MemberKnowledge& member, std::string_view release);
/// The command that provokes it on such a kernel. Of a kernel that by its sources does not have it, and of one that is
/// no package of Debian's, only that very kernel can show it.
std::string provoking_command(const MemberKnowledge& member, std::string_view release);

/// What a log has to hold for more to be said.
enum class Lack {
    stacks,       ///< no blocked task, or none with a stack
    holder,       ///< who holds what all wait for
    second_look,  ///< whether the tasks stand still
};
/// What to capture next time, and how: commands to be typed.
std::vector<std::string> how_to_capture(Lack lack);

}  // namespace blkhang
