// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

// What the program does as a guest's first process before it can do its work: there is no other user space to do it.

/// Mounts /proc, /sys, /dev, /tmp and tracefs, and gives every child a PATH.
Status mount_system();
/// Inserts the modules that /blkhang/modules.list names, in its order.
Status insert_modules();
/// Inserts /blkhang/plant.ko.
Status insert_plant();

/// Mounts the cgroup hierarchy of this version; automatic takes v2 when it has the controllers, else v1. Returns the
/// version mounted. On v1, `memory` goes into the same hierarchy as `blkio`: apart from it, swap bios belong to the
/// root group.
Result<CgroupVersion> mount_cgroups(CgroupVersion wanted);

/// Brings up the CPUs that the kernel command line held back.
///
/// They stay down until now because QEMU's multi-threaded emulation can run stale code while the kernel patches itself
/// (modules, static keys, probes) under a second CPU's feet.
Status online_cpus();

}  // namespace blkhang
