// SPDX-License-Identifier: GPL-2.0-only
#include "machine/swap_queues.h"

#include <algorithm>

namespace blkhang {

bool SwapQueue::in_memory() const {
    return !path.disks.empty() && std::ranges::all_of(path.disks, [](const std::string& disk) {
        return disk.starts_with("zram") || disk.starts_with("ram");
    });
}

std::vector<SwapQueue> read_swap_queues(HostReader& reader) {
    std::vector<SwapQueue> swaps;
    for (const SwapDevice& swap : parse_swaps(reader.text(reader.roots().proc / "swaps"))) {
        swaps.push_back({swap, follow_path(reader, swap.name)});
    }
    return swaps;
}

bool zswap_is_on(HostReader& reader) {
    return reader.text(reader.roots().sys / "module/zswap/parameters/enabled") == "Y";
}

}  // namespace blkhang
