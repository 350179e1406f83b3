// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/cgroups.h"
#include "stage/load_site.h"

namespace blkhang {

/// The process of a virtual machine is called so, by QEMU itself.
inline constexpr const char* kGuestProcess = "blkhang-guest";

/// A virtual machine of the load, in terms of QEMU's command line. Everything is given to it as a descriptor.
struct GuestMachine {
    std::uint32_t number = 0;
    bool kvm = false;
    std::uint64_t memory = 0;            ///< bytes
    int kernel = -1, initramfs = -1;     ///< -1: it boots from its disk
    int disk = -1;                       ///< the data disk
    std::uint64_t offset = 0, size = 0;  ///< its part of that, bytes
    int console = -1;                    ///< a socket, the first serial port
};
/// The arguments that follow the program's name.
std::vector<std::string> arguments_of(const GuestMachine& machine);

/// The groups of one such machine, below the load's own.
struct GuestGroups {
    std::vector<std::string> made;  ///< all of them, those above first
    std::string limited;            ///< which is throttled, and counts what is written
    std::string members;            ///< in which the process is
};
GuestGroups groups_of(KvmLayout layout, CgroupVersion version, std::uint32_t number);

/// Which part of the data disk is whose: behind those of the steady writers. Bytes from the disk's beginning.
std::uint64_t guest_offset(const Profile& profile, const Disk& disk, std::uint32_t number);

/// Puts onto a machine's part of the data disk what it is to boot from: the image, or a boot sector; nothing for a
/// kernel.
Status prepare_guest_disk(const Profile& profile, const LoadSite& site, std::uint32_t number);

}  // namespace blkhang
