// SPDX-License-Identifier: GPL-2.0-only
#include "machine/crash_keepers.h"

namespace blkhang {

CrashKeepers read_crash_keepers(HostReader& reader) {
    const HostRoots& roots = reader.roots();
    CrashKeepers keepers;
    keepers.pstore = reader.text(roots.sys / "module/pstore/parameters/backend");
    if (keepers.pstore == "(null)") {
        keepers.pstore.clear();
    }
    keepers.pstore_records = reader.names(roots.sys / "fs/pstore").size();
    keepers.pstore_keeps_log = keepers.pstore == "ramoops" &&
                               reader.number(roots.sys / "module/ramoops/parameters/console_size").value_or(0) > 0;
    keepers.kdump_loaded = reader.number(roots.sys / "kernel/kexec_crash_loaded") == 1;
    keepers.kdump_memory = reader.number(roots.sys / "kernel/kexec_crash_size").value_or(0);
    const auto setting = [&](const char* name) { return reader.number(roots.proc / "sys/kernel" / name); };
    keepers.panic_timeout = setting("panic");
    keepers.hung_task_panic = setting("hung_task_panic");
    keepers.hung_task_timeout = setting("hung_task_timeout_secs");
    keepers.softlockup_panic = setting("softlockup_panic");
    keepers.panic_on_oops = setting("panic_on_oops");
    for (const std::string& disk : reader.names(roots.sys / "block")) {
        if (disk.starts_with("pmem")) {
            keepers.pmem.push_back(disk);
        }
    }
    return keepers;
}

}  // namespace blkhang
