// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probe/bpf/tier.h"
#include "probe/tracefs/layout.h"

namespace blkhang {

/// Where a machine passes what calls are given, by the names that kprobe_events knows for registers.
struct CallingConvention {
    std::array<std::string_view, 4> arguments;
    std::string_view stack;
    std::string_view return_address;  ///< as a fetch argument, at a function's entry
    /// From the stack pointer after the return to where it was at the entry.
    std::uint32_t return_pops;
};
/// By the machine's name as uname(2) has it; nothing for one that is not known.
std::optional<CallingConvention> calling_convention(std::string_view machine);

/// How the definition of a return probe begins on a kernel of this release: with the number of calls under way whose
/// returns are seen, as many as it lets us have. Before 4.12 there is none to give, and one that is given
/// is not refused: it hides the event's name, and the kernel chooses another (create_trace_probe(),
/// kernel/trace/trace_kprobe.c).
std::string_view kind_of_returns(std::string_view release);

/// What the text of an event's definition is made from.
struct Definer {
    CallingConvention convention;
    KernelLayout layout;
    std::uint64_t percpu_mutex = 0;  ///< address; 0: not known

    /// What a probe at this place is to read, as the fetch arguments of kprobe_events
    /// (Documentation/trace/kprobetrace).
    [[nodiscard]] std::string fetches(const ProbePoint& point) const;
};

/// Names of the fields that fetches() asks for. Those of an owner are followed by 0 to 3: the pid, read as if its
/// pointer had these flags.
namespace field {
inline constexpr std::string_view kFrame = "frame";
inline constexpr std::string_view kReturn = "back";
inline constexpr std::string_view kResult = "result";
inline constexpr std::string_view kArgument = "arg";  ///< followed by its number
inline constexpr std::string_view kOwner = "owner";
inline constexpr std::string_view kOwnerPid = "ownerpid";
inline constexpr std::string_view kOwnerStill = "ownerstill";
inline constexpr std::string_view kLockOwner = "lock";
inline constexpr std::string_view kLockOwnerPid = "lockpid";
inline constexpr std::string_view kLockOwnerStill = "lockstill";
inline constexpr std::string_view kDepth = "depth";
inline constexpr std::string_view kBioQueue = "bioqueue";
inline constexpr std::string_view kBlkg = "blkg";
inline constexpr std::string_view kGroup = "group";
}  // namespace field
inline constexpr unsigned kOwnerFlags = 4;  ///< how many values the flags of an owner have that has the mutex

/// The function at this place has a queue as its first argument.
bool takes_queue(std::string_view place);

/// The number at the end of a route that begins at a fetch argument.
std::string follow(std::string_view fetch, const Route& way);

}  // namespace blkhang
