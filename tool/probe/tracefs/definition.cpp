// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/definition.h"

#include <fmt/format.h>

#include "kernels/release.h"

namespace blkhang {
namespace {

/// The owner of a mutex, and its pid: the pointer has flags in its low bits, which no fetch argument can take away.
/// Where its flags are others, what is read at that place means nothing. Each reads the mutex anew, and one that fails
/// leaves in the record whatever the buffer held there (store_trace_entry_data(),
/// kernel/trace/trace_probe_tmpl.h, 6.1): an owner that is no longer the same at the end was nobody's pid.
std::string fetch_owner(std::string_view name, std::string_view pid_name, std::string_view still_name,
                        std::string_view owner, const KernelLayout& layout) {
    auto text = fmt::format(" {}={}", name, owner);
    if (!layout.task_pid) {
        return text;
    }
    for (unsigned flags = 0; flags < (layout.owner_has_flags ? kOwnerFlags : 1); ++flags) {
        text += fmt::format(" {}{}=+{}({}):u32", pid_name, flags, *layout.task_pid - flags, owner);
    }
    return text + fmt::format(" {}={}", still_name, owner);
}

bool takes_mutex(std::string_view place) { return place == "mutex_wait" || place == "mutex_wait_killable"; }

}  // namespace

std::optional<CallingConvention> calling_convention(std::string_view machine) {
    if (machine == "x86_64") {
        // The call has pushed the return address, and the return has popped it.
        return CallingConvention{{"%di", "%si", "%dx", "%cx"}, "%sp", "+0(%sp)", 8};
    }
    if (machine == "aarch64") {
        return CallingConvention{{"%x0", "%x1", "%x2", "%x3"}, "%sp", "%lr", 0};
    }
    return std::nullopt;
}

std::string_view kind_of_returns(std::string_view release) {
    constexpr Releases kWithNumber{.since = "4.12"};
    const auto version = kernel_version(release);
    return version && kWithNumber.contain(*version) ? "r1024" : "r";
}

bool takes_queue(std::string_view place) {
    return place == "freeze" || place == "unfreeze" || place == "queue_wait" || place == "queue_enter" ||
           place == "use_queue";
}

std::string follow(std::string_view fetch, const Route& way) {
    std::string text{fetch};
    for (const auto offset : way) {
        text = fmt::format("+{}({})", offset, text);
    }
    return text;
}

std::string Definer::fetches(const ProbePoint& point) const {
    auto text = fmt::format("{}={}", field::kFrame, convention.stack);
    if (point.mechanism == Mechanism::kretprobe) {
        return point.uses_result ? fmt::format("{} {}=$retval", text, field::kResult) : text;
    }
    text += fmt::format(" {}={}", field::kReturn, convention.return_address);
    for (std::size_t i = 0; i < convention.arguments.size(); ++i) {
        if ((point.arguments >> i & 1U) != 0) {
            text += fmt::format(" {}{}={}", field::kArgument, i + 1, convention.arguments.at(i));
        }
    }
    if (percpu_mutex != 0) {
        text += fetch_owner(field::kOwner, field::kOwnerPid, field::kOwnerStill,
                            fmt::format("@{:#x}", percpu_mutex + layout.mutex_owner), layout);
    }
    const auto first = convention.arguments.front();
    if (takes_mutex(point.place)) {
        text += fetch_owner(field::kLockOwner, field::kLockOwnerPid, field::kLockOwnerStill,
                            fmt::format("+{}({})", layout.mutex_owner, first), layout);
    }
    if (takes_queue(point.place) && layout.queue_freeze_depth) {
        text += fmt::format(" {}=+{}({}):u32", field::kDepth, *layout.queue_freeze_depth, first);
    }
    const bool submits = point.place == "submit_bio";
    if (submits && !layout.bio_to_queue.empty()) {
        text += fmt::format(" {}={}", field::kBioQueue, follow(first, layout.bio_to_queue));
    }
    if (point.place == "blk_throtl" && !layout.bio_to_group.empty()) {
        text += fmt::format(" {}={} {}={}", field::kBlkg, follow(first, layout.bio_to_blkg), field::kGroup,
                            follow(first, layout.bio_to_group));
    }
    return text;
}

}  // namespace blkhang
