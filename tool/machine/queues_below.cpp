// SPDX-License-Identifier: GPL-2.0-only
#include "machine/queues_below.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string_view>

#include "base/file.h"
#include "machine/block_path.h"
#include "machine/kernel_lists.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> untold(std::string_view device) {
    return fail(Fault::broken, fmt::format("which disks are below block device {} cannot be told", device));
}

}  // namespace

Result<Queues> queues_below(dev_t device, const HostRoots& roots) {
    HostReader reader(roots);
    const std::string number = text(DeviceNumber{major(device), minor(device)});
    const std::string name = device_of_number(reader, number);
    if (name.empty()) {
        return untold(number);
    }
    const BlockPath path = follow_device(reader, name);
    if (!path.unfollowed.empty()) {
        return untold(path.unfollowed.front());
    }
    if (const auto hidden = reader.left_out(); !hidden.empty()) {
        return untold(name);
    }
    Queues queues;
    for (const std::string& queue : path.queues) {
        // What is put together gives its bios to its parts.
        if (names_in(roots.sys / "block" / queue / "slaves").empty()) {
            queues.insert(queue);
        }
    }
    return queues;
}

Result<Queues> queues_of(const fs::path& path, const HostRoots& roots) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return fail_errno(path.string());
    }
    const dev_t device = S_ISBLK(found.st_mode) ? found.st_rdev : found.st_dev;
    if (major(device) == 0) {
        return fail(Error(Fault::unsupported,
                          fmt::format("{}: its file system does not say which disk it is on", path.string()))
                        .hint("btrfs, NFS, overlays and file systems in memory do not"));
    }
    return queues_below(device, roots);
}

Queues queues_at_risk(const HostRoots& roots) {
    Queues queues;
    const auto take = [&](const std::string& name, const Result<Queues>& found) {
        if (found) {
            queues.insert(found->begin(), found->end());
        } else {
            queues.insert(name + "?");
        }
    };
    for (const SwapDevice& swap : parse_swaps(read_file(roots.proc / "swaps").value_or(""))) {
        take(swap.name, queues_of(swap.name, roots));
    }
    // By mountinfo, so that it is that of the machine which is looked at.
    for (const Mount& mount : parse_mountinfo(read_file(roots.proc / "self/mountinfo").value_or(""))) {
        const auto [major, minor] = mount.filesystem;
        if (mount.where == "/" && major != 0) {
            take("/", queues_below(makedev(major, minor), roots));
        } else if (mount.where == "/" && mount.source.starts_with("/dev/")) {
            queues.insert("/?");  // btrfs: on any of its disks
        }
    }
    return queues;
}

}  // namespace blkhang
