// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "machine/device_header.h"
#include "machine/device_processes.h"
#include "machine/device_system.h"

namespace blkhang {

/// One thing that libblkid knows by what lies on a device.
struct Signature {
    std::string type;   ///< "ext4", "LVM2_member", "gpt"
    std::string usage;  ///< "filesystem", "raid", "crypto", "other", "partitions"
    std::string label, uuid;
    bool operator==(const Signature&) const = default;
};

/// What was found by opening and reading a device.
struct DeviceContent {
    bool answered = false;  ///< false: it did not come back in time
    int open_error = 0;     ///< errno; nothing else is known then
    bool busy = false;      ///< the kernel, or another program, holds it exclusively
    int read_error = 0;
    std::vector<Signature> signatures;
    std::optional<std::uint64_t> data_at;  ///< the first byte found that is not zero
    std::optional<DeviceHeader> header;
    std::string void_header;  ///< what is wrong with the one that is there
};

/// How long is looked for data that no library knows.
enum class Reading {
    signatures,  ///< not at all
    samples,     ///< both ends and 15 places between: a tenth of a second of a disk that turns
    thorough,    ///< all of up to 256 MiB; of a larger one the first 16 MiB, the last, and 255 places between
};

struct ContentQuestion {
    std::filesystem::path path;
    DeviceNumber number;     ///< what has to be there: a name may be another device's
    bool exclusive = false;  ///< try whether it can be had so
    Reading reading = Reading::signatures;
};

struct ContentAnswers {
    std::vector<DeviceContent> devices;  ///< as asked
    std::vector<OpenDevice> mapped;
    bool mappings_answered = false;
};

/// Looks at all of them at the same time, in a process of its own that is given up after `patience`: a read from a
/// frozen queue never ends. Signatures are looked for at all places where libblkid knows some.
Result<ContentAnswers> look_at_content(const HostRoots& roots, const DeviceSystem& system,
                                       const std::vector<ContentQuestion>& questions,
                                       std::chrono::milliseconds patience);

}  // namespace blkhang
