// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "matrix/cell.h"
#include "matrix/request.h"
#include "profile/profile.h"

namespace blkhang {

/// On what a lab runs a cell: both boot a system in which `blkhang cell` starts the guest.
enum class LavaDevice {
    qemu,        ///< LAVA's device type `qemu`
    bare_metal,  ///< a template: boots over the network by GRUB
};
inline constexpr std::array<std::string_view, 2> kLavaDeviceNames{"qemu", "bare-metal"};

/// A job definition (YAML) of LAVA for one cell, whose verdict becomes the lava-test-case of the cell's id: clean
/// passes, hang and hazard fail, unsupported is skipped, all else is unknown. What only the lab knows stands there in
/// capitals between two '@', as the comment at its beginning lists.
std::string lava_job(const Cell& cell, LavaDevice device, std::chrono::milliseconds limit);

/// Writes ID.qemu.yaml and ID.bare-metal.yaml for each cell of the matrix into the directory, which is made. Nothing is
/// fetched: `deb:6.1` means what a lab's machine finds under it. A kernel of this machine (`file:`, `tree:`) is the
/// user's mistake, as no machine of a lab has it. Returns how many there are.
Result<std::size_t> export_lava(const MatrixRequest& request, const std::vector<Profile>& profiles,
                                const std::filesystem::path& directory);

}  // namespace blkhang
