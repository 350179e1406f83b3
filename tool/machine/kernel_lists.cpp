// SPDX-License-Identifier: GPL-2.0-only
#include "machine/kernel_lists.h"

#include <sstream>
#include <utility>

#include "machine/host_reader.h"

namespace blkhang {

std::vector<Mount> parse_mountinfo(const std::string& text, const std::string& pid) {
    constexpr std::string_view kDash = " - ";
    std::vector<Mount> mounts;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string id;
        std::string parent;
        std::string number;
        std::string root;
        Mount mount;
        mount.pid = pid;
        fields >> id >> parent >> number >> root >> mount.where;
        const auto rest = line.find(kDash);
        const auto filesystem = parse_device_number(number);
        if (!filesystem || rest == std::string::npos) {
            continue;
        }
        mount.filesystem = *filesystem;
        mount.where = plain_path(mount.where);
        std::istringstream tail(line.substr(rest + kDash.size()));
        tail >> mount.type >> mount.source >> mount.options;
        mount.source = plain_path(mount.source);
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

std::vector<SwapDevice> parse_swaps(const std::string& text) {
    constexpr std::uint64_t kKiB = 1024;
    std::vector<SwapDevice> swaps;
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);  // the heading
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        SwapDevice swap;
        std::string name;
        std::string type;
        if (fields >> name) {
            fields >> type >> swap.size >> swap.used >> swap.priority;
            swap.name = plain_path(name);
            swap.size *= kKiB;
            swap.used *= kKiB;
            swaps.push_back(std::move(swap));
        }
    }
    return swaps;
}

}  // namespace blkhang
