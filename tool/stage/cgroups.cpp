// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cgroups.h"

#include <libcgroup.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "base/words.h"

namespace blkhang {
namespace {

struct FreeCgroup {
    void operator()(cgroup* group) const { cgroup_free(&group); }
};
using Cgroup = std::unique_ptr<cgroup, FreeCgroup>;

const char* io_controller(CgroupVersion version) { return version == CgroupVersion::v1 ? "blkio" : "io"; }

tl::unexpected<Error> fail_cgroup(int code, const std::string& what) {
    const char* reason = code == ECGOTHER ? std::strerror(cgroup_get_last_errno()) : cgroup_strerror(code);
    return fail(Fault::broken, fmt::format("{}: {}", what, reason));
}

/// All groups live in one of our own, whose name is empty here.
std::string path_of(const std::string& name) { return name.empty() ? "blkhang" : "blkhang/" + name; }

/// The in-memory description of a group that libcgroup works on. The group belongs to the controllers named.
Cgroup describe(const std::string& name, CgroupVersion version, bool with_memory) {
    Cgroup group{cgroup_new_cgroup(path_of(name).c_str())};
    if (group) {
        cgroup_add_controller(group.get(), io_controller(version));
        if (with_memory) {
            cgroup_add_controller(group.get(), "memory");
        }
    }
    return group;
}

bool is_mounted(const char* controller) {
    char* mount_point = nullptr;
    if (cgroup_get_subsys_mount_point(controller, &mount_point) != 0) {
        return false;
    }
    std::free(mount_point);  // NOLINT(cppcoreguidelines-no-malloc): libcgroup hands it over that way
    return true;
}

std::string limit_text(std::uint64_t limit) { return limit == 0 ? "max" : std::to_string(limit); }

}  // namespace

std::vector<KnobValue> throttle_values(CgroupVersion version, const DiskThrottle& throttle) {
    const auto& limits = throttle.limits;
    if (version != CgroupVersion::v1) {
        if (limits.read_bytes_per_s == 0 && limits.write_bytes_per_s == 0 && limits.read_ios_per_s == 0 &&
            limits.write_ios_per_s == 0) {
            return {};
        }
        return {{"io.max", fmt::format("{} rbps={} wbps={} riops={} wiops={}", throttle.disk,
                                       limit_text(limits.read_bytes_per_s), limit_text(limits.write_bytes_per_s),
                                       limit_text(limits.read_ios_per_s), limit_text(limits.write_ios_per_s))}};
    }
    std::vector<KnobValue> values;
    const auto add = [&](const char* knob, std::uint64_t limit) {
        if (limit != 0) {
            values.push_back({fmt::format("blkio.throttle.{}", knob), fmt::format("{} {}", throttle.disk, limit)});
        }
    };
    add("read_bps_device", limits.read_bytes_per_s);
    add("write_bps_device", limits.write_bytes_per_s);
    add("read_iops_device", limits.read_ios_per_s);
    add("write_iops_device", limits.write_ios_per_s);
    return values;
}

std::vector<std::string> missing_knobs(CgroupVersion version, const std::vector<DiskThrottle>& throttles,
                                       const std::filesystem::path& group) {
    std::vector<std::string> missing;
    for (const auto& throttle : throttles) {
        for (const auto& [knob, value] : throttle_values(version, throttle)) {
            if (!std::filesystem::exists(group / knob)) {
                add_once(missing, knob);
            }
        }
    }
    return missing;
}

Result<CgroupTree> CgroupTree::open(CgroupVersion version) {
    if (const int code = cgroup_init(); code != 0) {
        return fail_cgroup(code, "libcgroup finds no cgroup hierarchy");
    }
    if (!is_mounted(io_controller(version))) {
        return fail(Fault::unsupported,
                    fmt::format("the cgroup controller {} is not available", io_controller(version)));
    }
    CgroupTree tree(version, is_mounted("memory"));
    // libcgroup makes the controllers available one level down at a time, so the common parent comes first.
    if (auto made = tree.create("", {}); !made) {
        return fail(made.error());
    }
    return tree;
}

Status CgroupTree::create(const std::string& name, const std::vector<DiskThrottle>& throttles) const {
    const auto group = describe(name, version_, has_memory_);
    if (!group) {
        return fail(Fault::broken, "out of memory");
    }
    if (const int code = cgroup_create_cgroup(group.get(), /*ignore_ownership=*/1); code != 0) {
        return fail_cgroup(code, "making cgroup " + name);
    }
    // One write per disk: a kernel knob takes one device at a time, and libcgroup one value per knob.
    for (const auto& throttle : throttles) {
        const auto values = throttle_values(version_, throttle);
        if (values.empty()) {
            continue;
        }
        const Cgroup change{cgroup_new_cgroup(path_of(name).c_str())};
        cgroup_controller* controller = change ? cgroup_add_controller(change.get(), io_controller(version_)) : nullptr;
        if (controller == nullptr) {
            return fail(Fault::broken, "out of memory");
        }
        for (const auto& [knob, value] : values) {
            cgroup_add_value_string(controller, knob.c_str(), value.c_str());
        }
        if (const int code = cgroup_modify_cgroup(change.get()); code != 0) {
            return fail_cgroup(code, fmt::format("throttling cgroup {} on disk {}", name, throttle.disk));
        }
    }
    return {};
}

Status CgroupTree::attach(const std::string& name, pid_t pid) const {
    const auto group = describe(name, version_, has_memory_);
    if (!group) {
        return fail(Fault::broken, "out of memory");
    }
    if (const int code = cgroup_attach_task_pid(group.get(), pid); code != 0) {
        return fail_cgroup(code, fmt::format("moving process {} into cgroup {}", pid, name));
    }
    return {};
}

Status CgroupTree::remove(const std::string& name) const {
    // One controller only: libcgroup removes the directory once per controller, and they share it.
    const auto group = describe(name, version_, false);
    if (!group) {
        return fail(Fault::broken, "out of memory");
    }
    if (const int code = cgroup_delete_cgroup_ext(group.get(), CGFLAG_DELETE_IGNORE_MIGRATION); code != 0) {
        return fail_cgroup(code, "removing cgroup " + name);
    }
    return {};
}

Result<std::filesystem::path> CgroupTree::directory() const {
    char* mount_point = nullptr;
    if (const int code = cgroup_get_subsys_mount_point(io_controller(version_), &mount_point); code != 0) {
        return fail_cgroup(code, "looking for the mount of the IO controller");
    }
    std::filesystem::path base = std::filesystem::path(mount_point) / path_of("");
    std::free(mount_point);  // NOLINT(cppcoreguidelines-no-malloc): libcgroup hands it over that way
    return base;
}

Result<std::filesystem::path> CgroupTree::statistics() const {
    auto base = directory();
    if (!base) {
        return base;
    }
    return *base / (version_ == CgroupVersion::v1 ? "blkio.throttle.io_service_bytes_recursive" : "io.stat");
}

std::optional<std::uint64_t> written_bytes(CgroupVersion version, std::string_view statistics, std::string_view disk) {
    // v2: "254:0 rbytes=0 wbytes=4096 rios=0 ...", v1: "254:0 Write 4096"
    const std::string_view key = version == CgroupVersion::v1 ? "Write " : "wbytes=";
    std::istringstream lines{std::string(statistics)};
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find(key);
        if (line.starts_with(fmt::format("{} ", disk)) && at != std::string::npos) {
            std::uint64_t bytes = 0;
            const char* const digits = line.data() + at + key.size();
            const auto parsed = std::from_chars(digits, line.data() + line.size(), bytes);
            return parsed.ec == std::errc{} ? std::optional{bytes} : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace blkhang
