// SPDX-License-Identifier: GPL-2.0-only
#include "probe/convert.h"

#include <algorithm>
#include <cstring>

#include "judge/stack.h"

namespace blkhang {
namespace {

static_assert(static_cast<int>(Scope::swap_out) == SCOPE_SWAP_OUT && kScopeCount == SCOPE_COUNT,
              "Scope and enum watch_scope list the same scopes in the same order");

constexpr std::string_view kMutexName = "pcpu_alloc_mutex";
constexpr std::string_view kKswapdName = "kswapd";

WaitKind wait_kind(const watch_event& event) {
    return event.wait_kind == WAIT_KSWAPD ? WaitKind::kswapd : WaitKind::mutex;
}

std::string wait_name(WaitKind kind) { return std::string{kind == WaitKind::kswapd ? kKswapdName : kMutexName}; }

std::string comm_of(const watch_event_full& event) { return {event.comm, ::strnlen(event.comm, sizeof(event.comm))}; }

Stack stack_of(const watch_event_full& event, const Symbols& symbols) {
    const auto count = event.stack_bytes > 0 ? static_cast<std::size_t>(event.stack_bytes) / sizeof(event.stack[0]) : 0;
    return describe_stack(std::span{event.stack}.first(std::min<std::size_t>(count, WATCH_STACK_MAX)), symbols);
}

std::uint64_t edge_count(const watch_counters& counters, Scope outer, Scope inner) {
    return counters.edges[static_cast<int>(outer)][static_cast<int>(inner)];
}

}  // namespace

Stack describe_stack(std::span<const __u64> addresses, const Symbols& symbols) {
    Stack stack;
    for (const auto address : addresses) {
        stack.push_back(symbols.describe(address));
    }
    return without_watching(stack);
}

std::optional<Observation> convert_event(const void* data, std::size_t size, const Symbols& symbols) {
    if (size < sizeof(watch_event)) {
        return std::nullopt;
    }
    watch_event head{};
    std::memcpy(&head, data, sizeof(head));
    const auto pid = static_cast<std::int32_t>(head.pid);
    if (head.type == EVENT_WAKE) {
        return seen::Wake{head.at_ns, pid, wait_kind(head), wait_name(wait_kind(head))};
    }
    if (size < sizeof(watch_event_full)) {
        return std::nullopt;
    }
    const auto& full = *static_cast<const watch_event_full*>(data);
    if (head.type == EVENT_WAIT) {
        return seen::Wait{head.at_ns,
                          pid,
                          comm_of(full),
                          wait_kind(head),
                          wait_name(wait_kind(head)),
                          static_cast<std::int32_t>(head.holder_pid),
                          head.owns_mutex != 0,
                          stack_of(full, symbols)};
    }
    if (head.type == EVENT_EDGE && head.outer < SCOPE_COUNT && head.inner < SCOPE_COUNT) {
        return seen::Edge{
            head.at_ns, static_cast<Scope>(head.outer), static_cast<Scope>(head.inner), pid, comm_of(full),
            head.gfp,   stack_of(full, symbols)};
    }
    return std::nullopt;
}

seen::Counters convert_counters(const watch_counters& counters, std::uint64_t at_ns) {
    seen::Counters result{};
    result.at_ns = at_ns;
    for (int outer = 0; outer < kScopeCount; ++outer) {
        for (int inner = 0; inner < kScopeCount; ++inner) {
            if (const auto count = counters.edges[outer][inner]; count > 0) {
                result.edges.push_back({static_cast<Scope>(outer), static_cast<Scope>(inner), count});
            }
        }
    }
    result.coverage = {
        {"owner_first_bios", counters.owner_first_bios},
        {"owner_reclaims", edge_count(counters, Scope::percpu_mutex, Scope::reclaim) +
                               edge_count(counters, Scope::percpu_mutex, Scope::reclaim_noio)},
        {"owner_bios", edge_count(counters, Scope::percpu_mutex, Scope::submit_bio)},
        {"nested_percpu", edge_count(counters, Scope::reclaim, Scope::percpu_alloc) +
                              edge_count(counters, Scope::reclaim_noio, Scope::percpu_alloc)},
        {"throttled_bios", counters.throttled_bios},
        {"mutex_waits", counters.mutex_waits},
    };
    result.lost_events = counters.lost;
    return result;
}

}  // namespace blkhang
