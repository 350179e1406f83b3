// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// In what a file is written that may say what is to be written to kernel files.
enum class KnobLanguage {
    script,    ///< shell, cron, rc.local: `echo VALUE > .../KNOB`
    udev,      ///< `ATTR{KNOB}="VALUE"`, and RUN with a script
    unit,      ///< systemd: `IOWriteBandwidthMax=`, and ExecStart with a script
    setting,   ///< `PATH = VALUE`, of sysfs.conf
    tmpfiles,  ///< `w PATH - - - - VALUE`
    tuned,     ///< `[disk] elevator=VALUE`, `[sysfs] PATH=VALUE`
    libvirt,   ///< XML of a virtual machine
};

/// A place in a text where a kernel file is named, or what stands for it.
struct KnobMention {
    /// A rule applies only where this holds: `KERNEL` or the name of a file of the disk, a pattern, or not.
    struct Condition {
        std::string of, pattern;
        bool wanted;
    };
    int line;
    std::string knob;                   ///< of those asked for
    std::string value;                  ///< empty if it is not told there
    std::string disks;                  ///< a pattern of names or a path under /dev; empty: any
    bool by_variable;                   ///< the disk is named by a variable of a script: who knows which
    std::vector<Condition> conditions;  ///< of a udev rule, as far as they are about the disk itself
    std::string text;                   ///< the line
};

/// Finds them, for kernel files that are named by the ends of their paths: "queue/scheduler", "io.max".
std::vector<KnobMention> knobs_in(std::string_view text, KnobLanguage language, std::span<const std::string> knobs);

}  // namespace blkhang
