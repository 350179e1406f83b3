// SPDX-License-Identifier: GPL-2.0-only
#include "stage/disk.h"

#include <utility>

#include <fmt/format.h>

#include "base/file.h"

namespace blkhang {

Result<Disk> find_disk(const Roots& roots, const std::string& name) {
    auto number = read_file(roots.sys() / "class" / "block" / name / "dev");
    if (!number) {
        return fail_within(std::move(number.error()), fmt::format("looking at disk {}", name));
    }
    number->erase(number->find_last_not_of('\n') + 1);
    return Disk{name, std::move(*number), roots.dev() / name};
}

Result<std::vector<Disk>> find_disks(const Roots& roots, const std::vector<std::string>& names) {
    std::vector<Disk> disks;
    disks.reserve(names.size());
    for (const auto& name : names) {
        if (!is_there(roots.dev() / name)) {
            continue;
        }
        auto disk = find_disk(roots, name);
        if (!disk) {
            return fail(disk.error());
        }
        disks.push_back(std::move(*disk));
    }
    return disks;
}

}  // namespace blkhang
