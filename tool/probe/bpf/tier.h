// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/functions.h"
#include "profile/profile.h"

namespace blkhang {

enum class Mechanism { fentry, fexit, kprobe, kretprobe, tracepoint };

/// Names of one thing in different kernels, tried in this order; unused ones are empty.
using Ladder = FunctionNames;

/// Does it matter that the kernel skips a program now and then? The kernel tells how often it did, per program.
enum class Misses {
    matter,    ///< an edge, a wait or its end may have been missed: it counts as a lost event
    harmless,  ///< what was missed can neither hide nor close a cycle; the table says why
};

/// How often a function is called.
enum class Traffic {
    rare,          ///< on slow ways, or as often as memory is allocated or reclaimed
    each_bio,      ///< on the way of every bio
    each_old_bio,  ///< the same where the kernel lacks the slow way into a queue (kSlowWay)
};

/// What is made of a probe.
struct Role {
    /// Without it the tier cannot carry a verdict and the next tier is tried.
    bool essential = false;
    Misses misses = Misses::matter;
    /// Only where the kernel lacks this function, whose program does the same better; empty: everywhere.
    std::string_view unless = {};
    Traffic traffic = Traffic::rare;
};

/// One BPF program of bpf/watch.bpf.c and what it may be attached to.
struct ProbePoint {
    std::string_view place;  ///< its name without the mechanism
    Mechanism mechanism;
    Ladder ladder;
    Role role;
    unsigned arguments = 0;    ///< a bit for each that is looked at, the first is bit 0
    bool uses_result = false;  ///< what the function returns is looked at

    /// "fexit_submit_bio"
    [[nodiscard]] std::string program() const;
};

/// All programs of a tier, in the order in which they are attached: of two probes at one address the later one runs
/// first, and return probes have to (see return_is_probed() in bpf/nesting.h).
std::span<const ProbePoint> probe_points(TierChoice tier);

/// Whether a probe there lies on the way of every bio of a kernel that has, or lacks, the slow way into a queue.
bool is_on_the_way_of_bios(const ProbePoint& point, bool has_slow_way);

/// What a task is seen to be inside of, by the names of scopes; where bios are spared, without those of bios.
std::vector<std::string> watched_scopes(bool spares_bios);

/// Room for pairs of a cgroup and a disk where bios are spared. They are counted as bios are submitted: it stays empty,
/// and is as small as it can be.
inline constexpr std::uint32_t kPairsOfNoBios = 1024;

}  // namespace blkhang
