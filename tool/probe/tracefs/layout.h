// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct btf;

namespace blkhang {

/// How one object leads to a number: each offset but the last leads to a pointer that is followed.
using Route = std::vector<std::uint32_t>;

/// Where the running kernel keeps what a probe reads from its memory, in bytes from the beginning of each structure.
/// What is not known is empty.
struct KernelLayout {
    std::optional<std::uint32_t> task_pid;
    std::uint32_t mutex_owner = 0;
    bool owner_has_flags = true;  ///< its low bits are flags (since 4.10)
    std::optional<std::uint32_t> queue_freeze_depth;
    Route bio_to_queue;
    Route bio_to_blkg;
    Route bio_to_group;  ///< serial number of the blkg's cgroup
    /// From the first argument of a function that shows a queue's attribute to that queue; empty: it is the queue.
    Route shown_to_queue;
    /// Mutexes of a queue by the names of their members.
    struct Member {
        std::string_view name;
        std::uint32_t offset;
    };
    std::vector<Member> queue_mutexes;
};

/// As the kernel's type information tells.
KernelLayout layout_from(const btf& kernel);
/// As far as the release tells, where there is none: where a mutex keeps its owner, in a kernel without debugging of
/// locks.
KernelLayout layout_of_release(std::string_view release);

}  // namespace blkhang
