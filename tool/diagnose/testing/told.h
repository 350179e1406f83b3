// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "klog/story.h"

/// Stories for tests, in few words.
namespace blkhang::told {

/// `a < ?b < c`: innermost first, a question mark before what the unwinder doubts.
inline LogStack stack(std::string_view text) {
    LogStack frames;
    while (!text.empty()) {
        const auto end = text.find(" < ");
        std::string_view name = text.substr(0, end);
        const bool doubted = name.starts_with('?');
        frames.push_back({std::string(doubted ? name.substr(1) : name), {}, {}, {}, doubted, false});
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 3);
    }
    return frames;
}

/// A look at a blocked task.
inline LogTask task(std::int32_t pid, std::string comm, std::string_view frames, std::optional<double> at_s = 100.0,
                    std::optional<char> state = 'D') {
    LogTask told;
    told.pid = pid;
    told.comm = std::move(comm);
    told.state = state;
    if (at_s) {
        told.at_ns = static_cast<std::uint64_t>(*at_s * static_cast<double>(kNsPerS));
    }
    told.stack = stack(frames);
    return told;
}

/// Puts it behind all that was told.
inline void add(LogStory& story, LogTask look) {
    look.place.line = static_cast<std::uint32_t>(10 * (story.tasks.size() + story.complaints.size() + 1));
    story.tasks.push_back(std::move(look));
}
inline void add(LogStory& story, LogComplaint::Kind kind, std::string headline = {}) {
    LogComplaint complaint{};
    complaint.kind = kind;
    complaint.headline = std::move(headline);
    complaint.place.line = static_cast<std::uint32_t>(10 * (story.tasks.size() + story.complaints.size() + 1));
    story.complaints.push_back(std::move(complaint));
}

// Stacks as such kernels print them, in short.

inline constexpr std::string_view kOwnerAtQueue =
    "__schedule < schedule < __bio_queue_enter < blk_mq_submit_bio < submit_bio_noacct < __swap_writepage < "
    "swap_writepage < shrink_folio_list < try_to_free_pages < __alloc_pages < pcpu_populate_chunk < pcpu_alloc < "
    "array_map_alloc < map_create < __sys_bpf";
inline constexpr std::string_view kSwitcherAtMutex =
    "__schedule < schedule < schedule_preempt_disabled < __mutex_lock.constprop.0 < __mutex_lock_killable_slowpath < "
    "pcpu_alloc < sbitmap_init_node < blk_mq_init_tags < blk_mq_alloc_map_and_rqs < blk_mq_init_sched < "
    "elevator_switch_mq < elevator_switch < elv_iosched_store < queue_attr_store";
inline constexpr std::string_view kForkAtMutex =
    "__schedule < schedule < __mutex_lock.constprop.0 < pcpu_alloc < __percpu_counter_init_many < mm_init < "
    "copy_process";
inline constexpr std::string_view kOwnerAtDisk =
    "__schedule < schedule < io_schedule < blk_mq_get_tag < __blk_mq_alloc_requests < blk_mq_submit_bio < "
    "__swap_writepage < shrink_folio_list < try_to_free_pages < __alloc_pages < pcpu_populate_chunk < pcpu_alloc < "
    "array_map_alloc";
inline constexpr std::string_view kTwiceInAllocator =
    "__schedule < schedule < __mutex_lock.constprop.0 < __mutex_lock_killable_slowpath < pcpu_alloc < __alloc_percpu < "
    "throtl_alloc_tg < throtl_get_tg < blk_throtl_bio < generic_make_request < submit_bio < swap_writepage < "
    "shrink_page_list < try_to_free_pages < pcpu_populate_chunk < pcpu_alloc < __alloc_percpu < cgroup_mkdir";

}  // namespace blkhang::told
