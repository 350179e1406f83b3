// SPDX-License-Identifier: GPL-2.0-only
#include "lab/kernel_config.h"

#include <fmt/format.h>

#include <utility>

#include "base/directory.h"
#include "base/regular_file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = std::size_t{1} << 20U;  // Debian's have 300 KiB

/// Below a directory that may be a stranger's: over no link.
Result<std::string> read_below(const fs::path& directory, const fs::path& name) {
    return Directory::open(directory).and_then(
        [&](const Directory& opened) { return opened.read(name, kLargestConfig); });
}

}  // namespace

std::string config_of(const Kernel& kernel) {
    const std::string name = fmt::format("config-{}", kernel.release);
    const fs::path beside = kernel.image.parent_path();
    for (const auto& [directory, file] : {std::pair{kernel.modules_root, fs::path("boot") / name},
                                          {beside, fs::path(name)},
                                          {beside, fs::path("config")}}) {
        if (auto text = read_below(directory, file)) {
            return std::move(*text);
        }
    }
    if (!kernel.build_tree.empty()) {  // the user's own, as its name is: there links are followed
        if (auto text = read_regular(kernel.build_tree / ".config", kLargestConfig)) {
            return std::move(*text);
        }
    }
    return {};
}

}  // namespace blkhang
