// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "profile/profile.h"

namespace blkhang {

enum class Mechanism { fentry, fexit, kprobe, kretprobe, tracepoint };

/// Names of one thing in different kernels, tried in this order; unused ones are empty.
using Ladder = std::array<std::string_view, 2>;

/// One BPF program of bpf/watch.bpf.c and what it may be attached to.
struct ProbePoint {
    std::string_view program;
    Mechanism mechanism;
    Ladder ladder;
    /// Without it the tier cannot carry a verdict and the next tier is tried.
    bool essential;
    /// Only where the kernel lacks this function, whose program does the same better; empty: everywhere.
    std::string_view unless = {};
};

/// What the programs that repeat another are called in bpf/watch.bpf.c, after the name of the first; they do what it
/// could not. Each has the last of these at the least, a busy one all. The kernel runs the program attached last first,
/// so this is the order in which they are attached.
inline constexpr std::array<std::string_view, 4> kRepeatSuffixes{"_fifth", "_fourth", "_third", "_second"};
/// Are there repeats of programs of this kind, for kernels that preempt them (see bpf/nesting.h)?
constexpr bool has_repeats(Mechanism mechanism) {
    return mechanism == Mechanism::fentry || mechanism == Mechanism::fexit;
}

/// All programs of a tier, in the order in which they are attached: exits before entries, because attaching allocates
/// per-CPU memory and an entry seen without its exit would stay open.
std::span<const ProbePoint> probe_points(TierChoice tier);

std::string_view to_string(TierChoice tier);

}  // namespace blkhang
