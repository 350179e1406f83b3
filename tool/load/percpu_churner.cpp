// SPDX-License-Identifier: GPL-2.0-only
#include <sys/prctl.h>
#include <unistd.h>

#include <vector>

#include "base/fd.h"
#include "load/percpu_array.h"
#include "load/roles.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

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
    if (::prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) != 0) {
        counters.map_failures++;  // before 5.6 there is no such thing
        ::_exit(1);
    }
    play_percpu_churner(profile, counters);
}

}  // namespace blkhang
