// SPDX-License-Identifier: GPL-2.0-only
#include "machine/facts.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include "base/fd.h"
#include "base/file.h"
#include "base/program.h"
#include "base/uname.h"
#include "base/words.h"
#include "machine/host_reader.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKiB = 1024;
// Options of a v1 mount name its controllers; only these matter here.
constexpr std::array<const char*, 2> kControllersOfV1 = {"blkio", "memory"};

std::string text_or_empty(const fs::path& path) { return read_file(path).value_or(std::string()); }

std::vector<CgroupMount> read_cgroup_mounts(const HostRoots& roots) {
    std::vector<CgroupMount> mounts;
    std::istringstream lines(text_or_empty(roots.proc / "self" / "mounts"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string device;
        std::string path;
        std::string type;
        std::string options;
        fields >> device >> path >> type >> options;
        if (type == "cgroup2") {
            const fs::path where = plain_path(path);
            // Through the injected root, which is /sys for a real host.
            const fs::path seen = roots.sys / where.lexically_relative("/sys");
            mounts.push_back({2, where, parts_of(line_of(seen / "cgroup.controllers"), ' ')});
        } else if (type == "cgroup") {
            CgroupMount mount{1, plain_path(path), {}};
            for (const std::string& option : parts_of(options, ',')) {
                if (std::find(kControllersOfV1.begin(), kControllersOfV1.end(), option) != kControllersOfV1.end()) {
                    mount.controllers.push_back(option);
                }
            }
            if (!mount.controllers.empty()) {
                mounts.push_back(std::move(mount));
            }
        }
    }
    return mounts;
}

std::uint64_t meminfo_bytes(const std::string& meminfo, const std::string& key) {
    std::istringstream lines(meminfo);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(key + ":", 0) == 0) {
            return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10) * kKiB;
        }
    }
    return 0;
}

std::optional<fs::path> program_if_any(const std::string& name) {
    auto path = find_program(name);
    return path ? std::optional(std::move(*path)) : std::nullopt;
}

}  // namespace

bool HostFacts::has_controller(int version, const std::string& name) const {
    return std::any_of(cgroups.begin(), cgroups.end(), [&](const CgroupMount& mount) {
        return mount.version == version &&
               std::find(mount.controllers.begin(), mount.controllers.end(), name) != mount.controllers.end();
    });
}

HostFacts gather_host_facts(const HostRoots& roots) {
    const std::string meminfo = text_or_empty(roots.proc / "meminfo");
    HostFacts facts;
    facts.release = line_of(roots.proc / "sys/kernel/osrelease");
    facts.version = line_of(roots.proc / "sys/kernel/version");
    facts.machine = uname_here().machine;
    facts.btf = access((roots.sys / "kernel/btf/vmlinux").c_str(), R_OK) == 0;
    facts.memory_total = meminfo_bytes(meminfo, "MemTotal");
    facts.memory_available = meminfo_bytes(meminfo, "MemAvailable");
    facts.cgroups = read_cgroup_mounts(roots);
    facts.swaps = parse_swaps(text_or_empty(roots.proc / "swaps"));
    facts.kvm = Fd(open((roots.dev / "kvm").c_str(), O_RDWR | O_CLOEXEC)).valid();
    facts.root = geteuid() == 0;
    facts.qemu = program_if_any("qemu-system-x86_64");
    facts.stress_ng = program_if_any("stress-ng");
    facts.apt_get = program_if_any("apt-get");
    facts.make = program_if_any("make");
    return facts;
}

}  // namespace blkhang
