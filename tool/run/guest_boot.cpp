// SPDX-License-Identifier: GPL-2.0-only
#include "run/guest_boot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCgroupRoot = "/sys/fs/cgroup";

Status mount_at(const char* type, const fs::path& where, const char* options = "") {
    std::error_code ignored;
    fs::create_directories(where, ignored);
    if (::mount(type, where.c_str(), type, MS_NOSUID | MS_NOEXEC, options) != 0 && errno != EBUSY) {
        return fail_errno(fmt::format("mounting {} at {}", type, where.string()));
    }
    return {};
}

Status insert_module(const fs::path& path) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid() || (::syscall(SYS_finit_module, fd.get(), "", 0) != 0 && errno != EEXIST)) {
        return fail_errno(fmt::format("inserting module {}", path.filename().string()));
    }
    return {};
}

/// Controllers that the unified hierarchy offers.
std::string unified_controllers() { return read_file(fs::path(kCgroupRoot) / "cgroup.controllers").value_or(""); }

/// Does this kernel still have the v1 form of the controller?
bool has_v1_controller(std::string_view name) { return has_word(read_file("/proc/cgroups").value_or(""), name); }

Status mount_unified() { return mount_at("cgroup2", kCgroupRoot); }

Status mount_v1() {
    const bool memory = has_v1_controller("memory");
    if (auto base = mount_at("tmpfs", kCgroupRoot); !base) {
        return base;
    }
    const auto where = fs::path(kCgroupRoot) / "blkio";
    // 6.12 lists the memory controller even where it was built without its v1 form, and then refuses to mount it.
    if (memory && mount_at("cgroup", where, "blkio,memory")) {
        return {};
    }
    return mount_at("cgroup", where, "blkio");
}

}  // namespace

Status mount_system() {
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    for (const auto& [type, where] : {std::pair{"proc", "/proc"},
                                      {"sysfs", "/sys"},
                                      {"devtmpfs", "/dev"},
                                      {"tmpfs", "/tmp"},
                                      {"tracefs", "/sys/kernel/tracing"}}) {
        if (auto mounted = mount_at(type, where); !mounted) {
            return mounted;
        }
    }
    // Tells whether the kernel preempts itself; a kernel without it is watched all the same.
    static_cast<void>(mount_at("debugfs", "/sys/kernel/debug"));
    return {};
}

Status insert_modules() {
    const auto list = read_file("/blkhang/modules.list");
    if (!list) {
        return {};  // a monolithic kernel
    }
    std::istringstream lines(*list);
    for (std::string path; std::getline(lines, path);) {
        if (auto inserted = insert_module(path); !inserted) {
            return inserted;
        }
    }
    return {};
}

Status insert_plant() { return insert_module("/blkhang/plant.ko"); }

Result<CgroupVersion> mount_cgroups(CgroupVersion wanted) {
    if (wanted != CgroupVersion::v1) {
        if (auto mounted = mount_unified(); !mounted) {
            return fail(mounted.error());
        }
        const auto controllers = unified_controllers();
        if (has_word(controllers, "io") && has_word(controllers, "memory")) {
            return CgroupVersion::v2;
        }
        if (wanted == CgroupVersion::v2) {
            return fail(Fault::unsupported,
                        fmt::format("cgroup v2 offers '{}', but io and memory are needed", controllers));
        }
        ::umount2(kCgroupRoot, MNT_DETACH);
    }
    if (!has_v1_controller("blkio")) {
        return fail(Fault::unsupported, "this kernel has no v1 blkio controller");
    }
    if (auto mounted = mount_v1(); !mounted) {
        return fail(mounted.error());
    }
    return CgroupVersion::v1;
}

Status online_cpus() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/devices/system/cpu", error)) {
        const auto knob = entry.path() / "online";
        const auto state = read_file(knob);
        if (state && state->starts_with('0')) {
            if (auto written = write_knob(knob, "1"); !written) {
                return fail_within(std::move(written.error()), "bringing up a CPU");
            }
        }
    }
    return {};
}

}  // namespace blkhang
