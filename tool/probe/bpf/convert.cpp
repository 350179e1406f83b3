// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/convert.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clock.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, LOCK_COUNT> kLockNames{
    "",
#define LOCK(tag, name) name,
#include "locks.def"
};
static_assert(kLockNames[LOCK_PERCPU] == kPercpuMutex);

WaitKind wait_kind(const watch_event& event) {
    return event.wait_kind < WAIT_COUNT ? static_cast<WaitKind>(event.wait_kind) : WaitKind::mutex;
}

/// A queue without a disk has a number, too, which no file system object shows.
std::string disk_name(std::uint32_t number, const DiskNames& disks) {
    if ((number & WATCH_NO_DISK) == WATCH_NO_DISK) {
        return fmt::format("queue#{}", number & ~WATCH_NO_DISK);
    }
    return disks.name(number);
}

Awaited mutex_of(unsigned lock, std::uint32_t disk, const DiskNames& disks) {
    return Awaited::mutex(kLockNames.at(lock < kLockNames.size() ? lock : 0), disk == 0 ? "" : disk_name(disk, disks));
}

Awaited awaited(const watch_event& event, const DiskNames& disks) {
    const auto kind = wait_kind(event);
    return kind == WaitKind::mutex ? mutex_of(event.lock, event.disk, disks)
                                   : Awaited::of(kind, disk_name(event.disk, disks));
}

std::optional<std::vector<Awaited>> possessions(const watch_event& event, const DiskNames& disks) {
    std::vector<Awaited> result;
    for (__u8 lock = LOCK_NONE + 1; lock < LOCK_COUNT; ++lock) {
        if ((event.owned_locks >> lock & 1U) != 0) {
            result.push_back(mutex_of(lock, event.owned_disk, disks));
        }
    }
    if (event.used_disk != 0) {
        result.push_back(Awaited::users_of_queue(disk_name(event.used_disk, disks)));
    }
    return result.empty() ? std::nullopt : std::optional{std::move(result)};
}

std::string comm_of(const watch_event_named& event) { return {event.comm, ::strnlen(event.comm, sizeof(event.comm))}; }

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

std::optional<Observation> convert_event(const void* data, std::size_t size, const Symbols& symbols,
                                         const DiskNames& disks) {
    if (size < sizeof(watch_event)) {
        return std::nullopt;
    }
    watch_event head{};
    std::memcpy(&head, data, sizeof(head));
    const auto pid = static_cast<std::int32_t>(head.pid);
    if (head.type == EVENT_WAKE) {
        return seen::Wake{head.at_ns, pid, awaited(head, disks)};
    }
    if (size < sizeof(watch_event_named)) {
        return std::nullopt;
    }
    const auto& named = *static_cast<const watch_event_named*>(data);
    const auto* full = size < sizeof(watch_event_full) ? nullptr : static_cast<const watch_event_full*>(data);
    auto stack = full != nullptr ? stack_of(*full, symbols) : Stack{};
    switch (head.type) {
        case EVENT_WAIT: {
            seen::Wait wait{head.at_ns,
                            pid,
                            comm_of(named),
                            awaited(head, disks),
                            static_cast<std::int32_t>(head.holder_pid),
                            head.owns_mutex != 0,
                            std::move(stack)};
            wait.owns = possessions(head, disks);
            if (head.reclaims != 0) {
                wait.reclaims = true;
            }
            return wait;
        }
        case EVENT_EDGE: {
            if (head.outer >= SCOPE_COUNT || head.inner >= SCOPE_COUNT) {
                return std::nullopt;
            }
            seen::Edge edge{head.at_ns,
                            static_cast<Scope>(head.outer),
                            static_cast<Scope>(head.inner),
                            pid,
                            comm_of(named),
                            head.gfp,
                            std::move(stack)};
            if (head.disk != 0) {
                edge.disk = disk_name(head.disk, disks);
            }
            return edge;
        }
        case EVENT_FREEZE:
        case EVENT_UNFREEZE:
            return seen::Freeze{head.at_ns, pid, comm_of(named), disk_name(head.disk, disks),
                                head.type == EVENT_FREEZE};
        default:
            return std::nullopt;
    }
}

void convert_standing(std::span<const watch_event_named> events, const Symbols& symbols, const DiskNames& disks,
                      const std::function<void(const Observation&)>& sink) {
    for (const auto& event : events) {
        if (const auto observation = convert_event(&event, sizeof(event), symbols, disks)) {
            sink(*observation);
        }
    }
}

void make_up_records(const Symbols& symbols, const std::function<void(watch_event_full&)>& take) {
    watch_event_full event{};
    event.named.head.pid = static_cast<std::uint32_t>(::getpid());
    event.named.head.at_ns = monotonic_ns();
    event.named.head.owned_locks = UINT8_MAX;
    event.stack[0] = symbols.address(kPercpuMutex).value_or(0);
    event.stack_bytes = sizeof(event.stack[0]);
    for (const auto type : {EVENT_WAIT, EVENT_WAKE, EVENT_FREEZE, EVENT_UNFREEZE}) {
        event.named.head.type = type;
        take(event);
    }
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
#define COUNTED(id, words) {#id, counters.id},
#define COUNTED_UNASKED COUNTED
// NOLINTBEGIN(bugprone-macro-parentheses): each is one more term of a sum.
#define EDGE(outer, inner) +edge_count(counters, Scope::outer, Scope::inner)
#define NESTED(id, words, edges) {#id, 0 edges},
// NOLINTEND(bugprone-macro-parentheses)
#include "coverage.def"
    };
    result.lost_events = counters.lost;
    return result;
}

}  // namespace blkhang
