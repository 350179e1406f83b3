// SPDX-License-Identifier: GPL-2.0-only
#include "probe/blind_watcher.h"

namespace blkhang {

std::optional<seen::Tier> BlindWatcher::tier() const { return std::nullopt; }

std::vector<std::string> BlindWatcher::blind_spots() const { return {}; }

Status BlindWatcher::learn_names() { return {}; }

seen::Counters BlindWatcher::counters() const { return {monotonic_ns(), {}, {}, {}, 0}; }

}  // namespace blkhang
