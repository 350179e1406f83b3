// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/result.h"
#include "machine/facts.h"

namespace blkhang {

/// Names of disks ("sda", "nvme0n1"), each of which has a request queue of its own.
using Queues = std::set<std::string>;

/// The disks whose queues the bios of a block device get to in the end: of a partition its disk; of dm and md (LVM,
/// dm-crypt, multipath, RAID) and bcache those of their parts, to whatever depth; of a loop device also those of its
/// file, of compressed memory those of the disk behind it. Fault::broken if it cannot be followed.
Result<Queues> queues_below(dev_t device, const HostRoots& roots = {});

/// Those of a file, or of a block device, that has this path. Fault::unsupported where a file system does not say which
/// device it is on (btrfs, NFS, overlays).
Result<Queues> queues_of(const std::filesystem::path& path, const HostRoots& roots = {});

/// Those that a hang of this family stops: of all swap that is on, and of the root file system. What cannot be followed
/// is named as `path?`.
Queues queues_at_risk(const HostRoots& roots = {});

}  // namespace blkhang
