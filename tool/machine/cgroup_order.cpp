// SPDX-License-Identifier: GPL-2.0-only
#include "machine/cgroup_order.h"

#include <sys/xattr.h>

#include "base/words.h"
#include "machine/cgroup_walk.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// user.slice/user-1000.slice/user@1000.service, machine.slice/guest.scope
constexpr int kDeepestDelegated = 4;

/// systemd marks those so (systemd.resource-control(5), Delegate=); the first name is read by root alone.
bool is_delegated(const fs::path& directory) {
    for (const char* name : {"trusted.delegate", "user.delegate"}) {
        char value = 0;
        if (::getxattr(directory.c_str(), name, &value, sizeof(value)) == 1 && value == '1') {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string_view to_string(CgroupOrder::Layout layout) {
    switch (layout) {
        case CgroupOrder::Layout::v1:
            return "v1";
        case CgroupOrder::Layout::v2:
            return "v2";
        case CgroupOrder::Layout::hybrid:
            return "hybrid";
        case CgroupOrder::Layout::none:
            break;
    }
    return "none";
}

CgroupOrder read_cgroup_order(HostReader& reader, const std::vector<CgroupMount>& mounts) {
    CgroupOrder order;
    order.first_process = reader.text(reader.roots().proc / "1/comm");
    bool v1 = false;
    bool v2 = false;
    for (const CgroupMount& mount : mounts) {
        if (mount.version == 1) {
            v1 = true;
            for (const std::string& controller : mount.controllers) {
                add_once(order.on_v1, controller);
            }
            continue;
        }
        v2 = true;
        const fs::path root = reader.below_roots(mount.path);
        order.offered = mount.controllers;
        order.handed_down = words_of(reader.text(root / "cgroup.subtree_control"));
        walk_groups(root, kDeepestDelegated, [&](const fs::path& directory, const std::string& group) {
            if (is_delegated(directory)) {
                order.delegated.push_back(group);
            }
        });
    }
    using Layout = CgroupOrder::Layout;
    order.layout = v1 && v2 ? Layout::hybrid : v1 ? Layout::v1 : v2 ? Layout::v2 : Layout::none;
    return order;
}

}  // namespace blkhang
