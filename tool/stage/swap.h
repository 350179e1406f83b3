// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stage/disk.h"
#include "stage/staging.h"

namespace blkhang {

/// The kernel takes swap disks of one priority in turn, and those of a lower one when they are full (swapon(2)).
inline constexpr int kOrdinarySwapPriority = 1;

/// How `blkid` and `swapon --show` call swap areas that we made.
inline constexpr std::string_view kSwapLabel = "blkhang";

/// Makes an empty swap area of the whole disk but its margins: the pages in those count as bad, so the kernel leaves
/// them alone. What was between is gone. The ledger gets the first page, where the header stands. Nobody may use it,
/// and one that was prepared has to carry blkhang's header still.
Status make_swap(const Staging& staging, const Disk& disk);
/// Is this the first page of the swap area of that UUID, be it only a part of it? What a power cut tears is known by it
/// all the same: its sector is the first one that make_swap() writes, and the last one that give_back_page() does.
bool has_swap_uuid(std::string_view page, std::string_view uuid);
/// Over what make_swap() wrote to the open disk.
Status give_back_page(int disk, std::string_view old_page);
/// Swaps from now on to a disk that make_swap() was done on.
Status start_swapping(const Staging& staging, const std::filesystem::path& disk, int priority);
/// The same in two, for who starts it when the ledger can be told no more. Returns 0 or an errno.
Status tell_of_swapping(const Staging& staging, const std::filesystem::path& disk);
[[nodiscard]] int swap_as_told(Syscalls& calls, const std::filesystem::path& disk, int priority);

/// Makes swap areas on all, swaps to `disks`, and sets vm.swappiness. The spare ones are swapped to later.
Status prepare_swap(const Staging& staging, const std::vector<Disk>& disks, const std::vector<Disk>& spare,
                    std::uint32_t swappiness);

}  // namespace blkhang
