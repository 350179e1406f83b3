// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cgroup_library.h"

#include <libcgroup.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace blkhang {
namespace {

struct FreeCgroup {
    void operator()(cgroup* group) const { cgroup_free(&group); }
};
using Cgroup = std::unique_ptr<cgroup, FreeCgroup>;

tl::unexpected<Error> fail_cgroup(int code, const std::string& what) {
    const char* reason = code == ECGOTHER ? std::strerror(cgroup_get_last_errno()) : cgroup_strerror(code);
    return fail(Fault::broken, fmt::format("{}: {}", what, reason));
}

tl::unexpected<Error> fail_memory() { return fail(Fault::broken, "out of memory"); }

/// The in-memory description of a group that libcgroup works on.
Cgroup describe(const std::string& name, const std::vector<std::string>& controllers) {
    Cgroup group{cgroup_new_cgroup(name.c_str())};
    if (group) {
        for (const auto& controller : controllers) {
            cgroup_add_controller(group.get(), controller.c_str());
        }
    }
    return group;
}

}  // namespace

Status LibCgroup::look() {
    if (const int code = cgroup_init(); code != 0) {
        return fail_cgroup(code, "libcgroup finds no cgroup hierarchy");
    }
    return {};
}

Result<std::filesystem::path> LibCgroup::mount_of(const std::string& controller) const {
    char* mount_point = nullptr;
    if (const int code = cgroup_get_subsys_mount_point(controller.c_str(), &mount_point); code != 0) {
        return fail_cgroup(code, fmt::format("looking for the mount of the controller {}", controller));
    }
    const std::filesystem::path mount = mount_point;
    std::free(mount_point);  // NOLINT(cppcoreguidelines-no-malloc): libcgroup hands it over that way
    return mount;
}

Status LibCgroup::create(const std::string& group, const std::vector<std::string>& controllers) const {
    const auto made = describe(group, controllers);
    if (!made) {
        return fail_memory();
    }
    if (const int code = cgroup_create_cgroup(made.get(), /*ignore_ownership=*/1); code != 0) {
        return fail_cgroup(code, "making cgroup " + group);
    }
    return {};
}

Status LibCgroup::set(const std::string& group, const std::string& controller,
                      const std::vector<KnobValue>& values) const {
    const Cgroup change{cgroup_new_cgroup(group.c_str())};
    cgroup_controller* known = change ? cgroup_add_controller(change.get(), controller.c_str()) : nullptr;
    if (known == nullptr) {
        return fail_memory();
    }
    for (const auto& [knob, value] : values) {
        cgroup_add_value_string(known, knob.c_str(), value.c_str());
    }
    if (const int code = cgroup_modify_cgroup(change.get()); code != 0) {
        return fail_cgroup(code, "setting knobs of cgroup " + group);
    }
    return {};
}

Status LibCgroup::attach(const std::string& group, const std::vector<std::string>& controllers, pid_t pid) const {
    const auto target = describe(group, controllers);
    if (!target) {
        return fail_memory();
    }
    if (const int code = cgroup_attach_task_pid(target.get(), pid); code != 0) {
        return fail_cgroup(code, fmt::format("moving process {} into cgroup {}", pid, group));
    }
    return {};
}

Status LibCgroup::remove(const std::string& group, const std::string& controller) const {
    const auto gone = describe(group, {controller});
    if (!gone) {
        return fail_memory();
    }
    if (const int code = cgroup_delete_cgroup_ext(gone.get(), CGFLAG_DELETE_IGNORE_MIGRATION); code != 0) {
        return fail_cgroup(code, "removing cgroup " + group);
    }
    return {};
}

}  // namespace blkhang
