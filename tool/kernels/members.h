// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/release.h"

namespace blkhang {

/// What is known of one member of the family, for whoever has a log and no kernel to ask: how its stacks are told from
/// others, which kernels have it, what to do until they are mended. What a very kernel's sources say is told by
/// family_of() (kernels/family.h).
struct MemberKnowledge {
    /// One of the kernels whose sources were read: can this member's trigger hang it?
    struct Series {
        std::string_view version, read;  ///< "6.1", and which of it: "6.1.192"
        bool open;
        std::string_view otherwise = {};  ///< where it can, but not by this member's circle of locks: how
    };
    std::string_view name;     ///< also of the profile that provokes it
    std::string_view trigger;  ///< what sets it off
    std::string_view circle;   ///< in a sentence
    /// Functions of which one is in the stack of the task that has the queue frozen (kvm-2011: of the task itself,
    /// between its two allocations). Names as in kernels/sleepers.h.
    std::vector<std::string_view> functions;
    std::string_view opened;  ///< by which change, if that is known
    std::string_view closed;  ///< by which change and in which release; "no kernel has a fix" if none is
    std::vector<Series> series;
    std::string_view until_then;  ///< what is known to help
    /// `KEY=VALUE` for the profile, where more tries than it makes by itself are wanted; each disk has but one.
    std::vector<std::string_view> set = {};
    bool has_profile = true;  ///< one that provokes it is shipped
};
/// In the order in which they are to be tried: who fits two fits the first.
std::span<const MemberKnowledge> members();
const MemberKnowledge* find_member(std::string_view name);
/// Debian's packages of that series are known to `--guest deb:SERIES`.
bool is_packaged(const MemberKnowledge::Series& series);
/// The commit that closed it; empty if `closed` names none.
std::string_view fix_of(const MemberKnowledge& member);
/// What the sources that were read say of kernels like this one; nullptr if none like it was.
const MemberKnowledge::Series* series_of(const MemberKnowledge& member, const KernelVersion& version);

}  // namespace blkhang
