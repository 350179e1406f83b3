// SPDX-License-Identifier: GPL-2.0-only
#include "stage/device_nodes.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/fd.h"
#include "base/file.h"
#include "base/number.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOnlyRoot = 0600;
constexpr std::uint32_t kEventsOfKernel = 1;  // the group that gets what the kernel itself sends
constexpr std::size_t kLargestEvent = 8192;

/// Below /dev, and not by a way around.
bool is_file_name(const fs::path& name) {
    if (name.empty() || name.is_absolute()) {
        return false;
    }
    for (const auto& part : name) {
        if (part == ".." || part == ".") {
            return false;
        }
    }
    return true;
}

void make(const fs::path& dev, const DeviceNode& device, const MakeNode& make_one) {
    const auto file = dev / device.name;
    std::error_code ignored;  // else the file cannot be made, and whoever wants it says so
    fs::create_directories(file.parent_path(), ignored);
    static_cast<void>(make_one(file, device.type, device.number));
}

Result<Fd> listen_to_kernel() {
    Fd socket{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = kEventsOfKernel;
    if (!socket.valid() || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        return fail_errno("listening to the kernel's events of devices");
    }
    return socket;
}

[[noreturn]] void make_those_that_come(const Fd& events, const fs::path& dev) {
    ::prctl(PR_SET_NAME, "blkhang-nodes");
    static_cast<void>(write_knob("/proc/self/oom_score_adj", "-1000"));
    std::array<char, kLargestEvent> buffer{};
    for (;;) {
        const auto got = ::recv(events.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            continue;  // some were lost, which recv() tells once
        }
        const std::string_view event(buffer.data(), static_cast<std::size_t>(got));
        if (const auto device = device_in(event, '\0', S_IFCHR)) {
            make(dev, *device, make_node);
        }
    }
}

}  // namespace

std::optional<DeviceNode> device_in(std::string_view uevent, char end, mode_t type) {
    std::optional<unsigned> major_number;
    std::optional<unsigned> minor_number;
    std::string_view name;
    while (!uevent.empty()) {
        const auto line = uevent.substr(0, uevent.find(end));
        uevent.remove_prefix(std::min(line.size() + 1, uevent.size()));
        const auto equals = line.find('=');
        const auto key = line.substr(0, equals);
        const auto value = equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1);
        if (key == "MAJOR") {
            major_number = number_in<unsigned>(value);
        } else if (key == "MINOR") {
            minor_number = number_in<unsigned>(value);
        } else if (key == "DEVNAME") {
            name = value;
        } else if (key == "SUBSYSTEM") {
            type = value == "block" ? S_IFBLK : S_IFCHR;
        } else if (key == "ACTION" && value == "remove") {
            return std::nullopt;
        }
    }
    if (!major_number || !minor_number || !is_file_name(name)) {
        return std::nullopt;
    }
    return DeviceNode{std::string(name), type, makedev(*major_number, *minor_number)};
}

int make_node(const fs::path& file, mode_t type, dev_t number) {
    return ::mknod(file.c_str(), type | kOnlyRoot, number) == 0 ? 0 : errno;
}

void make_device_nodes(const fs::path& sys, const fs::path& dev, const MakeNode& make_one) {
    for (const auto& [kind, type] : {std::pair{"block", mode_t{S_IFBLK}}, {"char", mode_t{S_IFCHR}}}) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(sys / "dev" / kind, none)) {
            if (const auto device = device_in(read_file(entry.path() / "uevent").value_or(""), '\n', type)) {
                make(dev, *device, make_one);
            }
        }
    }
}

Status keep_device_nodes(const fs::path& sys, const fs::path& dev) {
    const auto events = listen_to_kernel();  // before: what comes meanwhile must not be missed
    make_device_nodes(sys, dev, make_node);
    if (!events) {
        return fail(events.error());
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        make_those_that_come(*events, dev);
    }
    return pid > 0 ? Status{} : fail_errno("forking what makes device files");
}

}  // namespace blkhang
