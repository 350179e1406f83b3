// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/device_tree.h"
#include "machine/device_use.h"

namespace blkhang {

/// What those who look find, by device. The same is told once.
class DeviceFindings {
public:
    DeviceFindings(const HostRoots& roots, const DeviceTree& tree)
        : roots_(roots), tree_(tree), reasons_(tree.all().size()) {}

    /// Speaks against this device. The subject is put into what clears the reason.
    void add(std::size_t device, DeviceReason reason, const std::string& fact, const std::string& subject = "");
    /// Against all that it lies on, too: what uses a partition uses the disk.
    void add_downwards(std::size_t device, DeviceReason reason, const std::string& fact,
                       const std::string& subject = "");
    /// Against every device there is: what could not be read might be about any.
    void add_to_all(DeviceReason reason, const std::string& fact, const std::string& subject);

    [[nodiscard]] std::filesystem::path path_of(std::size_t device) const;
    [[nodiscard]] const std::vector<ReasonAgainst>& of(std::size_t device) const { return reasons_.at(device); }

private:
    void keep(std::size_t device, ReasonAgainst reason);

    const HostRoots& roots_;
    const DeviceTree& tree_;
    std::vector<std::vector<ReasonAgainst>> reasons_;
};

}  // namespace blkhang
