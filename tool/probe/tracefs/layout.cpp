// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/layout.h"

#include <bpf/btf.h>

#include "kernels/release.h"

namespace blkhang {
namespace {

constexpr std::uint32_t kBitsPerByte = 8;

std::optional<std::uint32_t> member_of(const btf& kernel, const btf_type* type, std::string_view name) {
    if (type == nullptr || !btf_is_composite(type)) {
        return std::nullopt;
    }
    const auto* members = btf_members(type);
    for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
        const std::string_view its_name = btf__name_by_offset(&kernel, members[i].name_off);
        const auto offset = btf_member_bit_offset(type, i) / kBitsPerByte;
        if (its_name == name) {
            return offset;
        }
        if (its_name.empty()) {
            const auto inner = member_of(kernel, btf__type_by_id(&kernel, members[i].type), name);
            if (inner) {
                return offset + *inner;
            }
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> member_of(const btf& kernel, const char* structure, std::string_view name) {
    const auto id = btf__find_by_name_kind(&kernel, structure, BTF_KIND_STRUCT);
    return id > 0 ? member_of(kernel, btf__type_by_id(&kernel, static_cast<__u32>(id)), name) : std::nullopt;
}

struct Step {
    const char* structure;
    std::string_view member;
};

/// Empty if a step is not there.
Route way(const btf& kernel, std::initializer_list<Step> steps) {
    Route result;
    for (const auto& step : steps) {
        const auto offset = member_of(kernel, step.structure, step.member);
        if (!offset) {
            return {};
        }
        result.push_back(*offset);
    }
    return result;
}

/// Name of the structure that the first parameter of a function points to.
std::string_view first_parameter(const btf& kernel, const char* function) {
    const auto id = btf__find_by_name_kind(&kernel, function, BTF_KIND_FUNC);
    const auto* type = id > 0 ? btf__type_by_id(&kernel, static_cast<__u32>(id)) : nullptr;
    const auto* prototype = type != nullptr ? btf__type_by_id(&kernel, type->type) : nullptr;
    if (prototype == nullptr || btf_vlen(prototype) == 0) {
        return {};
    }
    const auto* pointer = btf__type_by_id(&kernel, btf_params(prototype)[0].type);
    const auto* pointed = pointer != nullptr && btf_is_ptr(pointer) ? btf__type_by_id(&kernel, pointer->type) : nullptr;
    return pointed == nullptr ? std::string_view{} : btf__name_by_offset(&kernel, pointed->name_off);
}

}  // namespace

KernelLayout layout_from(const btf& kernel) {
    KernelLayout layout;
    layout.task_pid = member_of(kernel, "task_struct", "pid");
    layout.mutex_owner = member_of(kernel, "mutex", "owner").value_or(0);
    // It was a plain pointer behind a count (4.10: 3ca0ff571b09).
    layout.owner_has_flags = !member_of(kernel, "mutex", "count");
    layout.queue_freeze_depth = member_of(kernel, "request_queue", "mq_freeze_depth");
    layout.bio_to_queue = way(kernel, {{"bio", "bi_bdev"}, {"block_device", "bd_disk"}, {"gendisk", "queue"}});
    if (layout.bio_to_queue.empty()) {
        layout.bio_to_queue = way(kernel, {{"bio", "bi_disk"}, {"gendisk", "queue"}});
    }
    layout.bio_to_blkg = way(kernel, {{"bio", "bi_blkg"}});
    layout.bio_to_group = way(kernel, {{"bio", "bi_blkg"}, {"blkcg_gq", "blkcg"}, {"blkcg", "css"}});
    const auto serial = member_of(kernel, "cgroup_subsys_state", "serial_nr");
    if (!layout.bio_to_group.empty() && serial) {
        layout.bio_to_group.back() += *serial;  // the css is a part of the blkcg
    } else {
        layout.bio_to_group.clear();
    }
    if (first_parameter(kernel, "queue_ra_show") == "gendisk") {
        layout.shown_to_queue = way(kernel, {{"gendisk", "queue"}});
    }
    for (const std::string_view name :
         {"blkcg_mutex", "rq_qos_mutex", "elevator_lock", "sysfs_lock", "limits_lock", "debugfs_mutex"}) {
        if (const auto offset = member_of(kernel, "request_queue", name)) {
            layout.queue_mutexes.push_back({name, *offset});
        }
    }
    return layout;
}

KernelLayout layout_of_release(std::string_view release) {
    KernelLayout layout;
    constexpr Releases kPlainOwner{.before = "4.10"};
    const auto version = kernel_version(release);
    if (version && kPlainOwner.contain(*version)) {
        // Behind a count, a spin lock and the list of those who wait.
        constexpr std::uint32_t kOwnerBehindTheList = 24;
        layout.owner_has_flags = false;
        layout.mutex_owner = kOwnerBehindTheList;
    }
    return layout;
}

}  // namespace blkhang
