// SPDX-License-Identifier: GPL-2.0-only
#include "stage/delegated_scope.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/shell.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Where it is put is known beforehand, so that the ledger can be told.
constexpr const char* kSlice = "system.slice";
/// The group of those that watch, beside that of the load.
constexpr const char* kWatchers = "watchers";
constexpr auto kLookAgain = std::chrono::milliseconds(50);

/// Of "yes" systemd makes the controllers of cgroup v2, of which the one that limits IO is called otherwise
/// (CGROUP_MASK_DELEGATE in systemd's cgroup-util.h; measured on 252: the scope was in no group of blkio).
const char* what_is_delegated(CgroupVersion version) {
    return version == CgroupVersion::v1 ? "blkio memory pids" : "yes";
}

std::vector<std::string> scope_command(const std::string& name, const ScopeBounds& bounds, CgroupVersion version) {
    std::vector<std::string> command{"systemd-run",
                                     "--scope",
                                     "--quiet",
                                     "--collect",
                                     fmt::format("--slice={}", kSlice),
                                     fmt::format("--unit={}", name),
                                     fmt::format("--property=Delegate={}", what_is_delegated(version))};
    if (bounds.memory > 0) {
        command.push_back(fmt::format("--property=MemoryMax={}", bounds.memory));
    }
    if (bounds.tasks > 0) {
        command.push_back(fmt::format("--property=TasksMax={}", bounds.tasks));
    }
    // By then it is no systemd-run any more, but in the scope.
    command.insert(command.end(), {"sleep", "infinity"});
    return command;
}

std::string for_a_shell(const std::vector<std::string>& command) {
    std::vector<std::string> words;
    std::ranges::transform(command, std::back_inserter(words), shell_quoted);
    return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::optional<std::string> group_of(std::string_view proc_pid_cgroup, std::string_view controller) {
    std::istringstream lines{std::string(proc_pid_cgroup)};
    for (std::string line; std::getline(lines, line);) {  // "3:memory,blkio:/user.slice", "0::/user.slice"
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const auto controllers = line.substr(first + 1, second - first - 1);
        const auto named = parts_of(controllers, ',');
        if (controller.empty() ? controllers.empty() : std::ranges::find(named, controller) != named.end()) {
            return line.substr(second + 1);
        }
    }
    return std::nullopt;
}

Result<CgroupVersion> block_controller(const Roots& roots) {
    const auto offered = read_file(roots.cgroup() / "cgroup.controllers").value_or("");
    if (has_word(offered, "io") && has_word(offered, "memory")) {
        return CgroupVersion::v2;
    }
    if (is_there(roots.cgroup() / "blkio")) {
        return CgroupVersion::v1;
    }
    return fail(Fault::unsupported, "no cgroup hierarchy of this host has the block controller");
}

Result<DelegatedScope> DelegatedScope::make(const Staging& staging, const std::string& name, const ScopeBounds& bounds,
                                            Deadline deadline) {
    const auto version = block_controller(staging.roots);
    if (!version) {
        return fail(version.error());
    }
    const bool is_v1 = *version == CgroupVersion::v1;
    const auto group = fmt::format("{}/{}.scope", kSlice, name);
    const auto directory = (is_v1 ? staging.roots.cgroup() / "blkio" : staging.roots.cgroup()) / group;
    if (auto told = staging.ledger.tell(change::Scope{name + ".scope", directory}); !told) {
        return fail(told.error());
    }
    const auto command = scope_command(name, bounds, *version);
    auto keeper = Child::spawn(command, {});
    if (!keeper) {
        return fail_within(keeper.error(), "making a scope");
    }
    const auto process = staging.roots.proc() / std::to_string(keeper->pid());
    const auto is_in_scope = [&] {
        const auto found = group_of(read_file(process / "cgroup").value_or(""), is_v1 ? "blkio" : "");
        return found == "/" + group && read_file(process / "comm").value_or("") == "sleep\n";
    };
    while (!is_in_scope()) {
        if (keeper->poll() || deadline.passed()) {
            return fail(Error(Fault::unsupported, fmt::format("systemd makes no scope {}.scope", name))
                            .hint("try by hand: " + for_a_shell(command)));
        }
        std::this_thread::sleep_for(kLookAgain);
    }
    DelegatedScope scope(std::move(*keeper), {*version, group}, directory, staging.roots.cgroup());
    if (!is_v1) {
        std::error_code error;
        fs::create_directory(directory / kWatchers, error);
        if (error) {
            return fail(Fault::broken, fmt::format("making {}: {}", (directory / kWatchers).string(), error.message()));
        }
    }
    if (auto moved = scope.admit(scope.keeper_.pid()); !moved) {
        return fail(moved.error());
    }
    return scope;
}

Status DelegatedScope::admit(pid_t pid) const {
    const auto number = std::to_string(pid);
    if (place_.version == CgroupVersion::v2) {
        return write_knob(directory_ / kWatchers / "cgroup.procs", number);
    }
    for (const char* with_bounds : {"memory", "pids"}) {
        const auto procs = mounts_ / with_bounds / place_.group / "cgroup.procs";
        if (is_there(procs)) {
            if (auto moved = write_knob(procs, number); !moved) {
                return moved;
            }
        }
    }
    return write_knob(directory_ / "cgroup.procs", number);
}

}  // namespace blkhang
