// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/tier.h"

#include <array>

#include "judge/observation.h"

namespace blkhang {
namespace {

using namespace functions;

constexpr Role kRequired{.essential = true};
constexpr Role kOptional{};

constexpr Role with(Role role, Traffic traffic) {
    role.traffic = traffic;
    return role;
}

// Room in the table of tasks is all that it makes: one that is full counts as lost by itself.
constexpr ProbePoint kTaskFree{
    "task_free", Mechanism::tracepoint, {"sched_process_free"}, {.essential = true, .misses = Misses::harmless}};

/// Of what is done at a place, as it is written there.
consteval unsigned arguments_in(std::string_view action) {
    unsigned arguments = 0;
    for (unsigned i = 0; i < 9; ++i) {
        const char text[]{'A', 'R', 'G', '(', static_cast<char>('1' + i), ')', '\0'};
        if (action.find(text) != std::string_view::npos) {
            arguments |= 1U << i;
        }
    }
    return arguments;
}

consteval bool has_result(std::string_view action) { return action.find("RESULT(") != std::string_view::npos; }

// The roles in bpf/places.def.
#define REQUIRED kRequired
#define OPTIONAL kOptional
#define HARMLESS \
    Role { .misses = Misses::harmless }
#define OLD_WAY \
    Role { .unless = kSlowWay }
#define EACH_BIO(role) with(role, Traffic::each_bio)
#define EACH_OLD_BIO(role) with(role, Traffic::each_old_bio)
#define ENTRY(place, functions, role, action) \
    ProbePoint{#place, Mechanism::fentry, functions, role, arguments_in(#action), has_result(#action)},
#define EXIT(place, functions, role, action) \
    ProbePoint{#place, Mechanism::fexit, functions, role, arguments_in(#action), has_result(#action)},
constexpr std::array kFentry{
#include "places.def"
    kTaskFree,
};

/// The same places, probed in another way.
constexpr auto by_kprobes(std::array<ProbePoint, kFentry.size()> points) {
    for (auto& point : points) {
        if (point.mechanism == Mechanism::fentry) {
            point.mechanism = Mechanism::kprobe;
        } else if (point.mechanism == Mechanism::fexit) {
            point.mechanism = Mechanism::kretprobe;
        }
    }
    return points;
}
constexpr auto kKprobe = by_kprobes(kFentry);

constexpr ProbePoint kTracepoint[] = {
    kTaskFree,
    {"direct_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_end"}, kRequired},
    {"memcg_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_end"}, kOptional},
    {"kswapd_sleep", Mechanism::tracepoint, {"mm_vmscan_kswapd_sleep"}, kOptional},
    {"contention_end", Mechanism::tracepoint, {"contention_end"}, kRequired},
    {"direct_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_begin"}, kRequired},
    {"memcg_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_begin"}, kOptional},
    {"kswapd_wake", Mechanism::tracepoint, {"mm_vmscan_kswapd_wake"}, kOptional},
    {"percpu_alloc", Mechanism::tracepoint, {"percpu_alloc_percpu"}, kRequired},
    {"bio_queue", Mechanism::tracepoint, {"block_bio_queue"}, with(kRequired, Traffic::each_bio)},
    {"contention_begin", Mechanism::tracepoint, {"contention_begin"}, kRequired},
};

std::string_view prefix(Mechanism mechanism) {
    switch (mechanism) {
        case Mechanism::fentry:
            return "fentry";
        case Mechanism::fexit:
            return "fexit";
        case Mechanism::kprobe:
            return "kprobe";
        case Mechanism::kretprobe:
            return "kretprobe";
        case Mechanism::tracepoint:
            break;
    }
    return "tp";
}

}  // namespace

std::span<const ProbePoint> probe_points(TierChoice tier) {
    if (tier == TierChoice::kprobe) {
        return kKprobe;
    }
    if (tier == TierChoice::tracepoint) {
        return kTracepoint;
    }
    return kFentry;
}

bool is_on_the_way_of_bios(const ProbePoint& point, bool has_slow_way) {
    return point.role.traffic == Traffic::each_bio || (point.role.traffic == Traffic::each_old_bio && !has_slow_way);
}

std::vector<std::string> watched_scopes(bool spares_bios) {
    auto scopes = scope_names();
    if (spares_bios) {
        std::erase(scopes, to_string(Scope::submit_bio));
        std::erase(scopes, to_string(Scope::blk_throtl));
    }
    return scopes;
}

std::string ProbePoint::program() const { return std::string{prefix(mechanism)}.append("_").append(place); }

}  // namespace blkhang
