// SPDX-License-Identifier: GPL-2.0-only
#include "stage/mounts.h"

#include <cerrno>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/shown.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// No before /proc is mounted, when little else is.
bool is_mounted(const Roots& roots, std::string_view type, const fs::path& where) {
    std::istringstream lines(read_file(roots.proc() / "self" / "mounts").value_or(""));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string device;
        std::string at;
        std::string what;
        if (fields >> device >> at >> what && at == where && what == type) {
            return true;
        }
    }
    return false;
}

Status make_mount_point(const Staging& staging, const fs::path& where) {
    if (is_there(where)) {
        return {};
    }
    if (auto told = staging.ledger.tell(change::Directory{where}); !told) {
        return told;
    }
    std::error_code ignored;  // to mount there fails as well, and says why
    fs::create_directories(where, ignored);
    return {};
}

/// Before 4.5 there was no such filesystem. True if the kernel does not tell.
bool has_cgroup2(const Roots& roots) {
    return has_word(read_file(roots.proc() / "filesystems").value_or("cgroup2"), "cgroup2");
}

Status mount_v1(const Staging& staging) {
    const bool memory = has_controller(staging.roots, "memory");
    if (auto base = mount_at(staging, "tmpfs", staging.roots.cgroup()); !base) {
        return fail(base.error());
    }
    const auto where = staging.roots.cgroup() / "blkio";
    // 6.12 lists the memory controller even where it was built without its v1 form, and then refuses to mount it.
    if (memory && mount_at(staging, "cgroup", where, "blkio,memory").has_value()) {
        return {};
    }
    if (auto blkio = mount_at(staging, "cgroup", where, "blkio"); !blkio) {
        return fail(blkio.error());
    }
    return {};
}

}  // namespace

Result<bool> mount_at(const Staging& staging, const std::string& type, const fs::path& where,
                      const std::string& options) {
    if (is_mounted(staging.roots, type, where)) {
        return false;
    }
    if (auto ready = make_mount_point(staging, where); !ready) {
        return fail(ready.error());
    }
    if (auto told = staging.ledger.tell(change::Mount{type, where}); !told) {
        return fail(told.error());
    }
    const int failed = staging.calls.mount(type, where, options);
    if (failed != 0 && failed != EBUSY) {
        return fail(Error::from_errno(failed, fmt::format("mounting {} at {}", type, where.string())));
    }
    return failed == 0;
}

Result<bool> mount_system(const Staging& staging) {
    const Roots& roots = staging.roots;
    bool has_devtmpfs = true;
    for (const auto& [type, where] : {std::pair<const char*, fs::path>{"proc", roots.proc()},
                                      {"sysfs", roots.sys()},
                                      {"devtmpfs", roots.dev()},
                                      {"tmpfs", roots.tmp()}}) {
        const auto mounted = mount_at(staging, type, where);
        if (!mounted && where == roots.dev()) {
            has_devtmpfs = false;
        } else if (!mounted) {
            return fail(mounted.error());
        }
    }
    // A kernel without these is watched all the same. Before 4.1 tracefs is a part of debugfs, which also tells whether
    // the kernel preempts itself.
    for (const auto& [type, where] :
         {std::pair<const char*, const char*>{"tracefs", "tracing"}, {"debugfs", "debug"}}) {
        if (auto mounted = mount_at(staging, type, roots.sys() / "kernel" / where); !mounted) {
            complain(shown("blkhang: {}\n", mounted.error().message()));
        }
    }
    return has_devtmpfs;
}

bool has_controller(const Roots& roots, std::string_view name) {
    for (const std::string& line : parts_of(read_file(roots.proc() / "cgroups").value_or(""), '\n')) {
        // Its name, its hierarchy, its groups, and whether it is on.
        const auto fields = words_of(line);
        if (!fields.empty() && fields.front() == name) {
            return fields.back() != "0";
        }
    }
    return false;
}

Result<CgroupVersion> mount_cgroups(const Staging& staging, CgroupVersion wanted) {
    const fs::path& where = staging.roots.cgroup();
    if (wanted == CgroupVersion::v2 || (wanted == CgroupVersion::automatic && has_cgroup2(staging.roots))) {
        const auto mounted = mount_at(staging, "cgroup2", where);
        if (!mounted) {
            return fail(mounted.error());
        }
        const auto controllers = read_file(where / "cgroup.controllers").value_or("");
        if (has_word(controllers, "io") && has_word(controllers, "memory")) {
            return CgroupVersion::v2;
        }
        if (wanted == CgroupVersion::v2) {
            return fail(Fault::unsupported,
                        fmt::format("cgroup v2 offers '{}', but io and memory are needed", controllers));
        }
        if (const int failed = *mounted ? staging.calls.unmount(where) : 0; failed != 0) {
            return fail(Error::from_errno(failed, fmt::format("unmounting {} again", where.string())));
        }
    }
    if (!has_controller(staging.roots, "blkio")) {
        return fail(Fault::unsupported, "this kernel has no v1 blkio controller");
    }
    if (auto mounted = mount_v1(staging); !mounted) {
        return fail(mounted.error());
    }
    return CgroupVersion::v1;
}

}  // namespace blkhang
