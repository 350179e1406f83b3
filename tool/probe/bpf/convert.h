// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "judge/observation.h"
#include "machine/disk_names.h"
#include "machine/symbols.h"
#include "watch.h"

namespace blkhang {

/// Turns a record of the ring buffer into an observation; nothing if it is not one that this program knows.
std::optional<Observation> convert_event(const void* data, std::size_t size, const Symbols& symbols,
                                         const DiskNames& disks);

/// The same of waits and freezes that are told again.
void convert_standing(std::span<const watch_event_named> events, const Symbols& symbols, const DiskNames& disks,
                      const std::function<void(const Observation&)>& sink);

/// Makes up a record of every kind that begins or ends a wait or a freeze, for Watcher::rehearse().
void make_up_records(const Symbols& symbols, const std::function<void(watch_event_full&)>& take);

/// Names kernel addresses, innermost first, without the frames of the watching itself.
Stack describe_stack(std::span<const __u64> addresses, const Symbols& symbols);

/// The counters in shared memory as an observation.
seen::Counters convert_counters(const watch_counters& counters, std::uint64_t at_ns);

}  // namespace blkhang
