// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

namespace blkhang {

/// What a site has for virtual machines of the load. Each path can be opened by any process of the load; empty is what
/// there is none of.
struct GuestMeans {
    std::filesystem::path qemu;       ///< the program
    std::filesystem::path kernel;     ///< an image that QEMU boots; without one, a boot sector is written to each disk
    std::filesystem::path initramfs;  ///< of that kernel, with a program that writes (Job::Kind::write)
    std::filesystem::path image;      ///< a raw disk image, which is copied to each disk and booted, instead of both
};

}  // namespace blkhang
