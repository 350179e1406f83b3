// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <vector>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/io_flusher.h"
#include "load/net_namespaces.h"
#include "load/own_group.h"
#include "load/percpu_array.h"
#include "load/roles.h"

namespace blkhang {
namespace {

[[noreturn]] void churn_arrays(const Profile& profile, OwnGroup& group, LoadCounters& counters) {
    std::vector<Fd> ring(profile.percpu.maps);
    for (std::size_t next = 0;; next = (next + 1) % ring.size()) {
        group.renew();
        ring[next].reset();  // first: the bytes it held may serve the new one
        ring[next] = create_percpu_array(profile.percpu.value_size, profile.percpu.entries);
        (ring[next].valid() ? counters.maps_created : counters.map_failures)++;
    }
}

/// Together more than a chunk holds (256 KiB per CPU on 6.1 with 64 CPUs), and 38 MiB there, half of it per-CPU memory.
constexpr std::size_t kMostNamespaces = 96;

/// All are given up at once: the pages of a chunk go back when nobody uses any of it, and one such chunk is kept
/// (mm/percpu.c).
[[noreturn]] void churn_namespaces(OwnGroup& group, LoadCounters& counters) {
    NetNamespaces kept;
    for (;;) {
        group.renew();
        (kept.add() ? counters.namespaces_created : counters.namespace_failures)++;
        if (kept.count() >= kMostNamespaces) {
            kept.drop();
        }
    }
}

}  // namespace

void play_percpu_churner(const Profile& profile, const LoadSite& site, std::uint32_t index, PercpuChurn churn,
                         LoadCounters& counters) {
    wait_for_go(counters);
    OwnGroup group(site, fmt::format("percpu{}", index), counters);
    if (churn == PercpuChurn::namespaces) {
        churn_namespaces(group, counters);
    }
    churn_arrays(profile, group, counters);
}

void play_percpu_flusher(const Profile& profile, const LoadSite& site, std::uint32_t index, PercpuChurn churn,
                         LoadCounters& counters) {
    if (!become_io_flusher()) {
        counters.map_failures++;
        ::_exit(1);
    }
    play_percpu_churner(profile, site, index, churn, counters);
}

}  // namespace blkhang
