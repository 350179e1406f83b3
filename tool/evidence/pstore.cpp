// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/pstore.h"

#include <fmt/format.h>

#include "base/directory.h"
#include "evidence/listing.h"

namespace blkhang {
namespace {

constexpr std::size_t kMostFiles = 4096;

}  // namespace

Result<std::vector<std::string>> pstore_logs(const std::filesystem::path& path, std::vector<std::string>& problems) {
    const auto directory = Directory::open(path);
    if (!directory) {
        return fail(Error(Fault::usage, directory.error().message())
                        .hint("mount -t pstore pstore /sys/fs/pstore, or name the directory that systemd-pstore moved "
                              "it to, /var/lib/systemd/pstore/..."));
    }
    const auto names = names_in(*directory, kMostFiles);
    if (!names) {
        return fail(names.error());
    }
    std::vector<std::string> logs;
    for (const std::string& name : *names) {
        const std::string file = (path / name).string();
        if (name.ends_with(".z") || name.ends_with(".zst")) {
            problems.push_back(fmt::format("{} is compressed, and this kernel could not undo it", file));
        } else if (name.starts_with("dmesg-") || name.starts_with("console-")) {
            logs.push_back(file);
        }
    }
    return logs;
}

}  // namespace blkhang
