// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "stage/ledger.h"

namespace blkhang {

/// For tests: one change of every kind, in files below `top`.
inline std::vector<MachineChange> every_change(const std::filesystem::path& top) {
    return {
        change::Directory{top / "mnt/blkhang"},
        change::File{top / "var/tmp/swap \"0\" \\ \xc3\xa4", 17},
        change::Mount{"configfs", top / "sys/kernel/config"},
        change::Module{"null_blk"},
        change::Knob{top / "proc/sys/vm/swappiness", "", "60", std::nullopt},
        change::Knob{top / "sys/fs/cgroup/x.slice/io.max", "254:16", "254:16 rbps=max wbps=1024 riops=max wiops=max",
                     7},
        change::Knob{top / "sys/fs/cgroup/io.cost.qos", "254:16", std::nullopt},
        change::Cgroup{top / "sys/fs/cgroup/blkhang"},
        change::Scope{"blkhang-17.scope", top / "sys/fs/cgroup/system.slice/blkhang-17.scope"},
        change::NullDisk{top / "sys/kernel/config/nullb/nullb1"},
        change::LoopDisk{top / "dev/loop3", top / "var/tmp/swap0", {std::uint64_t{1} << 63U, 17}},
        change::UserDisk{top / "dev/nbd0"},
        change::SwapHeader{top / "dev/vdb", std::string(2048, '\xff') + std::string(2048, '\0'), std::string(16, 'u')},
        change::Swap{top / "dev/vdb", 7},
        change::Process{"blkhang-writer", 4711},
    };
}

}  // namespace blkhang
