// SPDX-License-Identifier: GPL-2.0-only
#include "machine/swap_queues.h"

#include <algorithm>
#include <sstream>

namespace blkhang {

bool SwapQueue::in_memory() const {
    return !path.disks.empty() && std::ranges::all_of(path.disks, [](const std::string& disk) {
        return disk.starts_with("zram") || disk.starts_with("ram");
    });
}

std::vector<SwapQueue> read_swap_queues(HostReader& reader) {
    constexpr std::uint64_t kKiB = 1024;
    std::vector<SwapQueue> swaps;
    for (const std::string& line : reader.lines(reader.roots().proc / "swaps")) {
        std::istringstream fields(line);
        std::string name;
        std::string type;
        std::uint64_t size_kib = 0;
        std::uint64_t used_kib = 0;
        int priority = 0;
        if (fields >> name >> type >> size_kib >> used_kib >> priority) {  // which the heading does not have
            const std::string path = plain_path(name);
            swaps.push_back({path, size_kib * kKiB, used_kib * kKiB, priority, follow_path(reader, path)});
        }
    }
    return swaps;
}

bool zswap_is_on(HostReader& reader) {
    return reader.text(reader.roots().sys / "module/zswap/parameters/enabled") == "Y";
}

}  // namespace blkhang
