// SPDX-License-Identifier: GPL-2.0-only
#include "machine/block_path.h"

#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// A loop device on a file on a loop device, and so on: so many levels are followed.
constexpr int kDeepestStack = 16;

void follow_device_down(HostReader& reader, const std::string& name, int depth, BlockPath& found);

bool is_below(const std::string& path, const std::string& point) {
    return point == "/" || path == point || path.starts_with(point + "/");
}

/// The mount that hides all others there: the deepest, and of those the last.
const Mount* mount_of(HostReader& reader, const std::string& path) {
    const Mount* best = nullptr;
    for (const Mount& mount : reader.mounts()) {
        if (is_below(path, mount.where) && (best == nullptr || mount.where.size() >= best->where.size())) {
            best = &mount;
        }
    }
    return best;
}

/// "dm-0" for /dev/mapper/vg-swap: what the link leads to.
std::string name_of_device(HostReader& reader, const fs::path& device) {
    std::error_code error;
    const fs::path real = fs::canonical(reader.below_roots(device), error);
    return (error ? device : real).filename().string();
}

void follow_path_down(HostReader& reader, const fs::path& path, int depth, BlockPath& found) {
    if (path.string().starts_with("/dev/")) {
        follow_device_down(reader, name_of_device(reader, path), depth, found);
        return;
    }
    const Mount* const mount = mount_of(reader, path.string());
    if (mount == nullptr) {
        add_once(found.steps, fmt::format("file {}", path.string()));
        add_once(found.unfollowed, path.string());
        return;
    }
    add_once(found.steps, fmt::format("file on {} at {}", mount->type, mount->where));
    std::string name = device_of_number(reader, text(mount->filesystem));
    if (name.empty()) {  // btrfs has a number of its own, which no disk has, and may have further disks
        add_once(found.unfollowed, path.string());
        name = mount->source.starts_with("/dev/") ? name_of_device(reader, mount->source) : "";
    }
    if (!name.empty()) {
        follow_device_down(reader, name, depth, found);
    }
}

/// What a disk is that stands for others, in words.
std::string described(HostReader& reader, const fs::path& directory, const std::string& name) {
    const std::string uuid = reader.text(directory / "dm/uuid");
    const std::string mapped = reader.text(directory / "dm/name");
    if (!mapped.empty()) {
        const std::string kind = uuid.starts_with("LVM-")     ? "LV"
                                 : uuid.starts_with("CRYPT-") ? "dm-crypt"
                                 : uuid.starts_with("mpath-") ? "multipath"
                                                              : "device mapper";
        return fmt::format("{} {} ({})", kind, mapped, name);
    }
    if (const std::string level = reader.text(directory / "md/level"); !level.empty()) {
        return fmt::format("md {} {}", level, name);
    }
    return name;
}

void follow_device_down(HostReader& reader, const std::string& name, int depth, BlockPath& found) {
    if (depth >= kDeepestStack) {
        add_once(found.unfollowed, name);
        return;
    }
    const fs::path link = reader.roots().sys / "class/block" / name;
    if (is_there(link / "partition")) {
        std::error_code error;
        const fs::path real = fs::canonical(link, error);
        add_once(found.steps, fmt::format("partition {}", name));
        if (error) {
            add_once(found.unfollowed, name);
        } else {
            follow_device_down(reader, real.parent_path().filename().string(), depth + 1, found);
        }
        return;
    }
    const fs::path directory = reader.roots().sys / "block" / name;
    if (!is_there(directory)) {
        add_once(found.steps, name);
        add_once(found.unfollowed, name);
        return;
    }
    add_once(found.queues, name);
    const auto below = reader.names(directory / "slaves");
    const std::string file = reader.text(directory / "loop/backing_file");
    // zram keeps what compresses badly there, if it was told to.
    const std::string backing = reader.text(directory / "backing_dev");
    if (below.empty() && file.empty() && (backing.empty() || backing == "none")) {
        add_once(found.steps, name);
        add_once(found.disks, name);
        return;
    }
    add_once(found.steps, described(reader, directory, name));
    for (const std::string& each : below) {
        follow_device_down(reader, each, depth + 1, found);
    }
    // One that has gone, or is not of our namespace, may have been on another mount than its path says.
    if (!file.empty() && !is_there(reader.below_roots(file))) {
        add_once(found.unfollowed, file);
    }
    for (const std::string& path : {file, backing}) {
        if (path.starts_with("/")) {
            follow_path_down(reader, path, depth + 1, found);
        }
    }
}

}  // namespace

std::string device_of_number(HostReader& reader, const std::string& number) {
    return fs::path(reader.link(reader.roots().sys / "dev/block" / number)).filename().string();
}

BlockPath follow_device(HostReader& reader, const std::string& name) {
    BlockPath found;
    follow_device_down(reader, name, 0, found);
    return found;
}

BlockPath follow_path(HostReader& reader, const fs::path& path) {
    BlockPath found;
    follow_path_down(reader, path, 0, found);
    return found;
}

}  // namespace blkhang
