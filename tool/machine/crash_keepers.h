// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// What keeps something of this kernel for the next one.
struct CrashKeepers {
    std::string pstore;                         ///< the backend: "erst", "efi_pstore", "ramoops"; empty: none
    std::size_t pstore_records = 0;             ///< of earlier crashes, still there
    bool pstore_keeps_log = false;              ///< the console's text too, without a panic (ramoops with console_size)
    bool kdump_loaded = false;                  ///< a panic starts the crash kernel
    std::int64_t kdump_memory = 0;              ///< bytes reserved for that
    std::optional<std::int64_t> panic_timeout;  ///< kernel.panic: seconds until the reboot, 0: stands for ever
    std::optional<std::int64_t> hung_task_panic, hung_task_timeout, softlockup_panic, panic_on_oops;
    std::vector<std::string> pmem;  ///< persistent memory: "pmem0"
};

CrashKeepers read_crash_keepers(HostReader& reader);

}  // namespace blkhang
