// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace blkhang {

/// A way in which block IO, reclaim and per-CPU allocation can lock each other up, and whether this kernel's sources
/// leave it open. That they do says nothing of how easily it happens.
struct FamilyMember {
    enum class State { possible, closed, unknown };
    /// One way of closing the circle: a fix of one leaves the others.
    struct Way {
        std::string name;
        State state;
        std::string why;
    };
    /// A write to a kernel file of the disk or its cgroups.
    struct Write {
        std::string knob;                 ///< by the end of its path: "queue/scheduler"
        std::vector<std::string> values;  ///< those that can close the circle; empty: any that changes something
        bool first_only = false;          ///< for a disk, no later one
    };
    /// What does on a host.
    struct SetOff {
        std::vector<Write> writes = {};         ///< one of these,
        std::vector<Write> against = {};        ///< while another one is made, if there are any,
        std::vector<std::string> drivers = {};  ///< or by itself, on disks that are served by one of these
    };
    std::string name;     ///< as the profile that provokes it is or will be called
    std::string trigger;  ///< what sets it off, in words
    std::vector<Way> ways;
    State state;  ///< possible if one of the ways is, closed if all of them are
    std::string why;
    SetOff set_off = {};
    std::vector<std::string> needs = {};  ///< build options without any of which there is no such thing
    bool hangs = true;                    ///< false: half of a hang, none by itself
};
std::string_view to_string(FamilyMember::State state);

/// What runs of one profile came to on the kernel in question.
struct MeasuredHangs {
    std::string profile, version;
    std::uint32_t hangs, hazards, boots;
};

/// All members that are known, judged by the kernel's fingerprints (machine/fingerprints.h) and, if they are known, its
/// build options ("CONFIG_SWAP" to "n"). What was measured on the very kernel overrides what its sources let infer.
/// Sources: the changes named there, and the thread "percpu: avoid IO/FS reclaim in backing allocations" (2026-05) for
/// the family as a whole.
std::vector<FamilyMember> family_of(const std::map<std::string, std::string>& fingerprints,
                                    const std::vector<MeasuredHangs>& measured = {},
                                    const std::map<std::string, std::string>& config = {});

}  // namespace blkhang
