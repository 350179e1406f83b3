// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "machine/host_reader.h"
#include "machine/knob_text.h"

namespace blkhang {

/// Something on this host that writes to a kernel file by itself: when it boots, when a disk appears, when it is told
/// to start a service.
struct KnobWriter {
    std::string by;    ///< "udev rule"
    std::string file;  ///< where that is said
    int line;
    std::string knob, value;         ///< as KnobMention has them
    std::vector<std::string> disks;  ///< of those asked for, which it may mean
    std::string text;                ///< the line
    bool by_variable = false;        ///< it names none, so that these are all
};

/// All that are found in the files of udev, systemd, tuned, libvirt, sysfsutils and cron, and in scripts of this host's
/// own; what a program does without such a file is not. `disks` are names under /sys/block.
std::vector<KnobWriter> read_knob_writers(HostReader& reader, std::span<const std::string> knobs,
                                          std::span<const std::string> disks);

}  // namespace blkhang
