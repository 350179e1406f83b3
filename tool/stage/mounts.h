// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/staging.h"

namespace blkhang {

/// Mounts a filesystem of this type, on a directory that is made if need be. Whether it did: one that is there already
/// is nobody's to undo.
Result<bool> mount_at(const Staging& staging, const std::string& type, const std::filesystem::path& where,
                      const std::string& options = "");

/// What a guest's first process mounts, because there is no other user space to do it: /proc, /sys, /dev, /tmp; tracefs
/// and debugfs where the kernel has them, else that they are missing is a line on the console. False: there is no
/// devtmpfs, and /dev holds what the image brought (stage/device_nodes.h).
Result<bool> mount_system(const Staging& staging);

/// Does /proc/cgroups name this controller, and not as switched off when the kernel was booted (cgroup_disable=)? Which
/// it leaves out says kernels/swap_owner.h; of those that it names, v2 alone may have the use (CONFIG_MEMCG_V1).
bool has_controller(const Roots& roots, std::string_view name);

/// Mounts the cgroup hierarchy of this version; automatic takes v2 when it has the controllers, else v1. Returns the
/// version mounted. On v1, `memory` goes into the same hierarchy as `blkio`: apart from it, swap bios belong to the
/// root group.
Result<CgroupVersion> mount_cgroups(const Staging& staging, CgroupVersion wanted);

}  // namespace blkhang
