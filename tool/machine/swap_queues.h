// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <vector>

#include "machine/block_path.h"
#include "machine/host_reader.h"
#include "machine/kernel_lists.h"

namespace blkhang {

/// Something that is swapped to, and where its bios go.
struct SwapQueue : SwapDevice {
    BlockPath path;

    /// Compressed memory and nothing behind it: no bio ever waits.
    [[nodiscard]] bool in_memory() const;
};

std::vector<SwapQueue> read_swap_queues(HostReader& reader);
/// Does zswap keep pages back from the disk for a while?
bool zswap_is_on(HostReader& reader);

}  // namespace blkhang
