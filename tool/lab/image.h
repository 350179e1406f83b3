// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "lab/kernel.h"

namespace blkhang {

/// What a guest finds in its root file system.
struct ImageContent {
    std::filesystem::path init = "/proc/self/exe";  ///< a static program, becomes /init
    std::vector<std::string> modules;               ///< names; what they need comes too
    std::filesystem::path plant;                    ///< becomes /blkhang/plant.ko
    std::string job;                                ///< becomes /blkhang/job.json
    std::vector<std::filesystem::path> programs;    ///< with their shared libraries, at the paths they have here
    std::map<std::filesystem::path, std::filesystem::path> files;  ///< path there -> a file of this machine
};

/// Makes the initramfs in memory: nothing is left behind. /blkhang/modules.list names the modules in load order.
Result<Fd> make_image(const Kernel& kernel, const ImageContent& content);

/// Path of the shared libraries that `ldd` printed, with their loader. A missing one is an error.
Result<std::vector<std::filesystem::path>> parse_ldd(std::string_view output);

}  // namespace blkhang
