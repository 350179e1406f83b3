// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "load/percpu_churn.h"
#include "load/shared.h"
#include "profile/profile.h"
#include "stage/load_site.h"

namespace blkhang {

// The roles that a process of the load can play. Each runs until it is killed; what it did is in the counters.

/// Writes to its own part of the disk, in whatever cgroup it was put.
[[noreturn]] void play_writer(const Profile& profile, const LoadSite& site, std::uint32_t index,
                              LoadCounters& counters);

/// Keeps a ring of fresh cgroups, each with a member that makes a little IO and then sits on its memory. A cgroup's
/// first IO is what matters, so the supply of new ones must not end.
[[noreturn]] void play_cgroup_churner(const Profile& profile, const LoadSite& site, std::uint32_t index,
                                      LoadCounters& counters);

/// Has the kernel allocate per-CPU memory. Each BPF array populates per-CPU chunks under pcpu_alloc_mutex, and does so
/// with GFP_KERNEL reclaim (kernel/bpf/arraymap.c, mm/percpu.c); so do the counters of a network namespace.
[[noreturn]] void play_percpu_churner(const Profile& profile, const LoadSite& site, std::uint32_t index,
                                      PercpuChurn churn, LoadCounters& counters);

/// The same under PR_SET_IO_FLUSHER, where such an allocation is GFP_NOIO: until 9a5b183941b5 (6.15 and stable) it took
/// no mutex, since then it waits for it (mm/percpu.c).
[[noreturn]] void play_percpu_flusher(const Profile& profile, const LoadSite& site, std::uint32_t index,
                                      PercpuChurn churn, LoadCounters& counters);

/// Becomes stress-ng's virtual memory stressors.
[[noreturn]] void play_pressure(const Profile& profile, const LoadSite& site, LoadCounters& counters);

/// One of them in plain words, for where stress-ng does not run.
[[noreturn]] void play_memory_writer(const Profile& profile, LoadCounters& counters);

}  // namespace blkhang
