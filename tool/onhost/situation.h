// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "guest/scale.h"
#include "machine/facts.h"
#include "machine/io_limits.h"
#include "machine/virtual_machines.h"
#include "machine/watchdogs.h"
#include "onhost/host_run_request.h"

namespace blkhang {

/// A disk that a run was given.
struct GivenDisk {
    std::string name;    ///< under /dev
    std::string number;  ///< "MAJOR:MINOR"
    std::uint64_t size = 0;
    std::vector<std::string> objections = {};  ///< why it may not be taken; sentences
    bool throttles_writeback = false;          ///< wbt is on
};

/// Of this host, what decides whether a load may be put on it, and how large it has to be. Gathered by reading only.
struct HostSituation {
    bool root = false;
    bool in_container = false;
    bool has_systemd = false;
    bool has_systemd_run = false;
    bool has_block_groups = false;       ///< control groups that limit IO and memory
    std::vector<std::string> read_only;  ///< of what the kernel is set by: mounts of this host that take no writes
    std::uint32_t cpus = 1;
    std::uint64_t memory_available = 0;  ///< bytes
    bool has_stress_ng = false;
    bool has_qemu = false;
    bool kvm = false;  ///< /dev/kvm opens; that it boots a guest is only known after a try
    RunningPrograms running;
    std::vector<std::string> users;  ///< logged in
    std::vector<Watchdog> watchdogs;
    std::vector<IoLimit> limits;
    std::vector<GivenDisk> disks;                 ///< data first
    std::vector<GivenDisk> below;                 ///< those that the files of --files are on
    std::optional<std::uint64_t> room_for_files;  ///< bytes, where those of --files would be
    bool files_in_memory = false;  ///< the disks would be files that are kept in memory and swapped out themselves
};

/// What the request's profile is to be scaled by here: the load gets no more memory than its budget.
MachineSize size_for(const HostRunRequest& request, const HostSituation& situation);

HostSituation look_at_situation(const HostRunRequest& request, const HostRoots& roots = {});

}  // namespace blkhang
