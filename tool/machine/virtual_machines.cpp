// SPDX-License-Identifier: GPL-2.0-only
#include "machine/virtual_machines.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <dirent.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/number.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// As /proc/PID/comm cuts names: 15 letters.
constexpr std::array<std::string_view, 8> kHypervisors{"qemu",   "kvm",          "cloud-hyperviso", "firecracker",
                                                       "crosvm", "VBoxHeadless", "VirtualBoxVM",    "vmware-vmx"};
constexpr std::array<std::string_view, 4> kKillers{"systemd-oomd", "earlyoom", "nohang", "oomd"};
constexpr std::size_t kMostFiles = 64;

/// Not a kernel thread such as kvm-nx-lpage-re.
bool is_hypervisor(std::string_view name) {
    return std::ranges::any_of(kHypervisors, [&](std::string_view one) {
        return name == one || (one == "qemu" && name.starts_with("qemu-"));
    });
}

bool is_machine_of_kvm(std::string_view open) {
    return open.starts_with("anon_inode:kvm-") || open.starts_with("anon_inode:[kvm-");
}

/// Whoever has one, be it called as it likes: QEMU takes a name (-name process=), and monitors are written anew.
bool has_machine_of_kvm(HostReader& reader, const fs::path& process) {
    return std::ranges::any_of(names_in(process / "fd"), [&](const std::string& fd) {
        return is_machine_of_kvm(reader.link(process / "fd" / fd));
    });
}

/// Of "/machine.slice/machine-qemu\x2d3\x2dweb.scope", which libvirt makes: "qemu-3-web".
std::string guest_of(const std::string& group) {
    std::string name = fs::path(group).filename().string();
    for (std::size_t at = 0; (at = name.find("\\x2d", at)) != std::string::npos;) {
        name.replace(at, std::string_view("\\x2d").size(), 1, '-');
    }
    if (!name.ends_with(".scope")) {
        return {};
    }
    name.resize(name.size() - std::string_view(".scope").size());
    return name.starts_with("machine-") ? name.substr(std::string_view("machine-").size()) : name;
}

/// What is no file of a guest: libraries are mapped and not open, so that is devices, pipes and logs.
bool may_hold_a_disk(const std::string& target) {
    constexpr std::array<std::string_view, 9> kOthers{"/dev/null", "/dev/net/", "/dev/vhost", "/dev/pts", "/dev/ptmx",
                                                      "/dev/hpet", "/dev/vfio", "/memfd:",    "/proc"};
    return target.starts_with("/") && !is_virtual_machine(target) && !target.ends_with(".log") &&
           std::ranges::none_of(kOthers, [&](std::string_view other) { return target.starts_with(other); });
}

std::string group_of(HostReader& reader, const fs::path& process) {
    std::string group;
    for (const std::string& line : reader.lines(process / "cgroup")) {
        const auto path = line.find('/');
        if (path != std::string::npos && (line.starts_with("0:") || line.find(":blkio") != std::string::npos)) {
            if (group.empty() || group == "/") {
                group = line.substr(path);
            }
        }
    }
    return group;
}

/// Never its command line, whose reading waits for a lock of the process: it may be stuck with that.
VirtualMachine machine_of(HostReader& reader, const fs::path& process, std::int64_t pid, const std::string& program) {
    VirtualMachine machine{pid, program, "", group_of(reader, process), {}, {}, true};
    machine.guest = guest_of(machine.group);
    DIR* const open = ::opendir((process / "fd").c_str());
    if (open == nullptr) {
        machine.readable = errno != EACCES && errno != EPERM;
        return machine;
    }
    ::closedir(open);
    for (const std::string& fd : reader.names(process / "fd")) {
        const std::string target = reader.link(process / "fd" / fd);
        if (!may_hold_a_disk(target) || machine.files.size() == kMostFiles) {
            continue;
        }
        const BlockPath path = follow_path(reader, target);
        if (path.disks.empty()) {
            continue;
        }
        add_once(machine.files, target);
        for (const std::string& disk : path.disks) {
            add_once(machine.disks, disk);
        }
    }
    return machine;
}

}  // namespace

bool is_virtual_machine(std::string_view open) {
    return open == "/dev/kvm" || open == "/dev/vhost-net" || is_machine_of_kvm(open);
}

RunningPrograms read_running_programs(HostReader& reader) {
    RunningPrograms found;
    std::size_t hidden = 0;
    for (const std::string& name : process_numbers(reader.roots().proc)) {
        const auto pid = number_in<std::int64_t>(name);
        if (!pid) {
            continue;
        }
        const fs::path process = reader.roots().proc / name;
        const std::string program = reader.text(process / "comm");
        if (std::ranges::find(kKillers, program) != kKillers.end()) {
            found.killers.push_back({*pid, program});
        }
        if (!is_hypervisor(program) && !has_machine_of_kvm(reader, process)) {
            continue;
        }
        found.machines.push_back(machine_of(reader, process, *pid, program));
        hidden += found.machines.back().readable ? 0 : 1;
    }
    if (hidden > 0) {
        reader.leave_out(fmt::format("the open files of {} virtual machine{}", hidden, hidden == 1 ? "" : "s"));
    }
    return found;
}

}  // namespace blkhang
