// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// A way out of a guest that asks nothing of its kernel: a page of memory that QEMU shares with whoever started it
/// (ivshmem). To write there is to store bytes: nothing is allocated, no lock is taken, nothing can be waited for, and
/// what is there stays when the guest dies.
class ProofPage {
public:
    /// Finds the device and maps it. To be called before the load runs.
    static Result<ProofPage> open(const std::filesystem::path& pci_devices = "/sys/bus/pci/devices");
    /// False if it does not fit.
    bool write(std::string_view line) const;

private:
    explicit ProofPage(void* memory) : memory_(memory) {}
    void* memory_;  ///< as long as the process lives
};

}  // namespace blkhang
