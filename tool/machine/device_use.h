// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/device_header.h"
#include "machine/device_system.h"
#include "machine/facts.h"

namespace blkhang {

/// What can speak against taking a device: machine/device_reasons.def.
enum class DeviceReason {
#define DEVICE_REASON(value, word, waived, clear) value,
#include "machine/device_reasons.def"
#undef DEVICE_REASON
};
std::string_view word(DeviceReason reason);
/// Does it merely say that there is content, which who names the device may give up?
bool waived_by_overwrite(DeviceReason reason);

/// One of them, of one device.
struct ReasonAgainst {
    DeviceReason what;
    std::string fact;   ///< what was read where
    std::string clear;  ///< the command that would clear it, or what to do instead
    bool operator==(const ReasonAgainst&) const = default;
};

/// What is known of one block device, and all that speaks against writing to it.
struct DeviceUse {
    std::string name;            ///< "vdb", as in /sys/class/block
    std::filesystem::path path;  ///< to open it
    DeviceNumber number;
    std::uint64_t size = 0;                ///< bytes
    std::optional<std::uint64_t> diskseq;  ///< tells a disk from a later one of the same name (5.15 and later)
    bool whole = true;                     ///< not a partition
    std::string model;
    std::string serial, wwn;             ///< empty if it has none
    std::optional<DeviceHeader> header;  ///< of blkhang's: it was prepared
    std::vector<ReasonAgainst> reasons;

    /// No check proves that data are worthless: this says that nobody is known to use it or to want it.
    [[nodiscard]] bool unused() const { return reasons.empty(); }
    [[nodiscard]] bool has(DeviceReason reason) const;
};

struct DeviceSurveyOptions {
    /// Held by us, exclusively: that is not asked again.
    std::optional<DeviceNumber> claimed;
    /// Files and directories of the evidence: their disks are not to be written to.
    std::vector<std::filesystem::path> evidence;
    /// Devices are read in a process of its own, because one whose queue is frozen never answers. What has not answered
    /// by then cannot be told.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
    /// udev and others look at a disk for a moment after each change: what is only kept by that is looked at again.
    std::chrono::milliseconds settle_time = std::chrono::milliseconds(2000);
};

/// Looks at all block devices of this machine at once, with as few readings as that takes: processes, mounts and files
/// that name devices are gone through once, not for each. Only reads; opens each device for a moment, exclusively
/// too. What cannot be read is a reason.
Result<std::vector<DeviceUse>> survey_devices(const HostRoots& roots, const DeviceSystem& system,
                                              const DeviceSurveyOptions& options = {});

}  // namespace blkhang
