// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "base/directory_stream.h"
#include "base/file.h"
#include "machine/host_reader.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestMaps = std::size_t{64} << 20U;

std::string link_of(int directory, const char* name) {
    std::array<char, 512> target{};
    const ssize_t length = ::readlinkat(directory, name, target.data(), target.size());
    return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

/// Numbers of the processes there are, but not ours.
std::vector<std::string> processes_of_others(const fs::path& proc) {
    auto pids = process_numbers(proc);
    std::erase(pids, link_of(AT_FDCWD, (proc / "self").c_str()));
    return pids;
}

/// Not known to be for reading only.
bool for_writing(const std::string& fdinfo) {
    const auto flags = fdinfo.find("flags:");
    return flags == std::string::npos ||
           (std::strtoul(fdinfo.c_str() + flags + std::strlen("flags:"), nullptr, 8) & O_ACCMODE) != O_RDONLY;
}

/// The names under "UserFiles:" in what an io_uring tells of itself: "    0: vdb".
std::vector<std::string> files_of_ring(const std::string& fdinfo) {
    std::vector<std::string> names;
    auto at = fdinfo.find("UserFiles:");
    if (at == std::string::npos) {
        return names;
    }
    for (at = fdinfo.find('\n', at); at != std::string::npos; at = fdinfo.find('\n', at + 1)) {
        const std::string line = fdinfo.substr(at + 1, fdinfo.find('\n', at + 1) - at - 1);
        const auto colon = line.find(": ");
        if (line.find_first_not_of(" 0123456789") != colon || colon == std::string::npos) {
            break;
        }
        const std::string file = line.substr(line.find_first_not_of(' ', colon + 1));
        names.push_back(file.substr(file.rfind('/') + 1));
    }
    return names;
}

class DescriptorScan {
public:
    DescriptorScan(const DeviceSystem& system, fs::path process, std::string pid, ProcessScan& result)
        : system_(system), process_(std::move(process)), pid_(std::move(pid)), result_(result) {}

    void all() {
        const DirectoryStream directory(::opendir((process_ / "fd").c_str()));
        if (!directory) {
            if (errno != ENOENT && errno != ESRCH) {  // those have ended
                hide("fd", errno);
            }
            return;
        }
        errno = 0;
        while (const dirent* entry = ::readdir(directory.get())) {
            const auto* name = static_cast<const char*>(entry->d_name);
            if (*name != '.') {
                one(::dirfd(directory.get()), name);
            }
        }
    }

    void hide(const char* what, int error) {
        ++result_.hidden;
        if (result_.hidden_example.empty()) {
            result_.hidden_example = fmt::format("{}: {}", (process_ / what).string(), std::strerror(error));
        }
    }

private:
    void one(int directory, const char* descriptor) {
        const auto target = system_.look_at(directory, descriptor);
        if (!target) {
            return;  // closed meanwhile
        }
        if (target->kind == PathTarget::Kind::block) {
            keep(descriptor, target->device, "", for_writing(line_of(process_ / "fdinfo" / descriptor)));
        } else if (target->kind == PathTarget::Kind::anonymous &&
                   link_of(directory, descriptor).find("[io_uring]") != std::string::npos) {
            for (const std::string& name : files_of_ring(line_of(process_ / "fdinfo" / descriptor))) {
                keep(descriptor, {}, name, true);
            }
        }
    }

    void keep(const char* descriptor, DeviceNumber device, std::string name, bool writing) {
        const std::string where = (process_ / (name.empty() ? "fd" : "fdinfo") / descriptor).string();
        result_.open.push_back({pid_, line_of(process_ / "comm"), device, std::move(name), where, writing});
    }

    const DeviceSystem& system_;
    fs::path process_;
    std::string pid_;
    ProcessScan& result_;
};

}  // namespace

ProcessScan scan_processes(const HostRoots& roots, const DeviceSystem& system) {
    ProcessScan result;
    for (const std::string& pid : processes_of_others(roots.proc)) {
        const fs::path process = roots.proc / pid;
        ++result.processes;
        const std::string space = link_of(AT_FDCWD, (process / "ns/mnt").c_str());
        if (!space.empty()) {
            result.mount_namespaces.emplace(space, pid);
        }
        DescriptorScan(system, process, pid, result).all();
    }
    return result;
}

std::vector<OpenDevice> scan_mappings(const HostRoots& roots, const DeviceSystem& system) {
    std::vector<OpenDevice> mapped;
    for (const std::string& pid : processes_of_others(roots.proc)) {
        const fs::path maps = roots.proc / pid / "maps";
        const std::string text = read_file(maps, kLargestMaps).value_or(std::string());
        std::set<std::string> files;
        for (auto at = text.find(" /dev/"); at != std::string::npos; at = text.find(" /dev/", at + 1)) {
            files.insert(text.substr(at + 1, text.find('\n', at) - at - 1));
        }
        for (const std::string& file : files) {
            const auto target = system.look_at(AT_FDCWD, injected(roots, file).c_str());
            if (target && target->kind == PathTarget::Kind::block) {
                mapped.push_back({pid, line_of(roots.proc / pid / "comm"), target->device, "", maps.string(), true});
            }
        }
    }
    return mapped;
}

}  // namespace blkhang
