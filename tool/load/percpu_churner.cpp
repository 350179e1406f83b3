// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <vector>

#include "base/fd.h"
#include "base/io_flusher.h"
#include "load/percpu_array.h"
#include "load/roles.h"

namespace blkhang {

void play_percpu_churner(const Profile& profile, LoadCounters& counters) {
    wait_for_go(counters);
    std::vector<Fd> ring(profile.percpu.maps);
    for (std::size_t next = 0;; next = (next + 1) % ring.size()) {
        ring[next].reset();  // first: the bytes it held may serve the new one
        ring[next] = create_percpu_array(profile.percpu.value_size, profile.percpu.entries);
        (ring[next].valid() ? counters.maps_created : counters.map_failures)++;
    }
}

void play_percpu_flusher(const Profile& profile, LoadCounters& counters) {
    if (!become_io_flusher()) {
        counters.map_failures++;
        ::_exit(1);
    }
    play_percpu_churner(profile, counters);
}

}  // namespace blkhang
