// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/open_queue_file.h"

namespace blkhang {

namespace fs = std::filesystem;

std::optional<std::string> disk_of_queue_file(std::string_view path) {
    constexpr std::string_view kSysfs = "/sys/";
    constexpr std::string_view kBlock = "/block/";
    constexpr std::string_view kQueue = "/queue/";
    const auto block = path.find(kBlock);
    if (!path.starts_with(kSysfs) || block == std::string_view::npos) {
        return std::nullopt;
    }
    const auto disk = path.substr(block + kBlock.size());
    const auto end = disk.find('/');
    if (end == std::string_view::npos || !disk.substr(end).starts_with(kQueue)) {
        return std::nullopt;
    }
    return std::string{disk.substr(0, end)};
}

std::string disk_of_open_queue_file(const fs::path& proc, std::int32_t pid) {
    std::string found;
    std::error_code gone;
    for (fs::directory_iterator file(proc / std::to_string(pid) / "fd", gone), end; !gone && file != end;
         file.increment(gone)) {
        std::error_code closed;
        const auto disk = disk_of_queue_file(fs::read_symlink(file->path(), closed).string());
        if (!disk || *disk == found) {
            continue;
        }
        if (!found.empty()) {
            return {};
        }
        found = *disk;
    }
    return found;
}

}  // namespace blkhang
