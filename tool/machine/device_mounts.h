// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <vector>

#include "machine/device_findings.h"
#include "machine/device_tree.h"
#include "machine/kernel_lists.h"

namespace blkhang {

/// What is mounted, in any mount namespace that has a process. One that is only kept by a file or a descriptor shows
/// nothing; its mounts still hold their devices exclusively.
class DeviceMounts {
public:
    /// Of our namespace and of each of these (namespace -> process). Tells the tree which devices the numbers of
    /// filesystems without a device of their own stand for.
    DeviceMounts(const HostRoots& roots, const DeviceSystem& system,
                 const std::map<std::string, std::string>& namespaces, DeviceTree& tree);

    /// Mounts, disks and journals of mounted filesystems, swap, and what lies on the disks of the root or of
    /// `evidence`.
    void find(const std::vector<std::filesystem::path>& evidence, DeviceFindings& findings) const;

private:
    [[nodiscard]] std::vector<std::size_t> devices_of(const Mount& mount) const;
    void read_sets_of_disks();
    /// This device is mounted as that, and with it the others of its set.
    void add_anonymous(DeviceNumber filesystem, std::size_t device);
    void find_mounts(DeviceFindings& findings) const;
    void find_disks_of_filesystems(DeviceFindings& findings) const;
    void find_journals(DeviceFindings& findings) const;
    void find_swaps(DeviceFindings& findings) const;
    void find_root(DeviceFindings& findings) const;
    void find_evidence(const std::vector<std::filesystem::path>& evidence, DeviceFindings& findings) const;
    void share_disks(const std::vector<std::size_t>& with, DeviceReason reason, const std::string& whose,
                     const std::string& subject, DeviceFindings& findings) const;
    [[nodiscard]] std::vector<std::size_t> whole_disks_below(std::size_t device) const;

    /// The disks of one filesystem that has several.
    struct Set {
        std::string where;  ///< in sysfs
        std::vector<std::size_t> devices;
    };

    const HostRoots& roots_;
    const DeviceSystem& system_;
    DeviceTree& tree_;
    std::vector<Mount> mounts_;
    std::vector<Set> sets_;
};

}  // namespace blkhang
