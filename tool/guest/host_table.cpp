// SPDX-License-Identifier: GPL-2.0-only
#include "guest/host_table.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/sizes.h"
#include "base/text_width.h"

namespace blkhang {
namespace {

using State = CheckRow::State;

CheckRow program_row(const std::string& what, const std::optional<std::filesystem::path>& path, State otherwise,
                     const std::string& fix) {
    if (path) {
        return {what, State::ok, path->string(), ""};
    }
    return {what, otherwise, "not found", fix};
}

CheckRow cgroup_row(const HostFacts& facts, int version) {
    std::vector<std::string> mounts;
    for (const CgroupMount& mount : facts.cgroups) {
        if (mount.version == version) {
            mounts.push_back(fmt::format("{} ({})", mount.path.string(), fmt::join(mount.controllers, " ")));
        }
    }
    const std::string what = fmt::format("cgroup v{}", version);
    if (mounts.empty()) {
        return {what, State::note, "not mounted here; guests mount their own", ""};
    }
    return {what, State::ok, fmt::format("{}", fmt::join(mounts, ", ")), ""};
}

CheckRow swap_row(const HostFacts& facts) {
    if (facts.swaps.empty()) {
        return {"swap", State::note, "none here; guests bring their own disk", ""};
    }
    std::vector<std::string> names;
    for (const SwapDevice& swap : facts.swaps) {
        names.push_back(fmt::format("{} ({})", swap.name, format_size(swap.size)));
    }
    return {"swap", State::ok, fmt::format("{}", fmt::join(names, ", ")), ""};
}

std::string_view word(State state) {
    switch (state) {
        case State::ok:
            return "ok";
        case State::note:
            return "note";
        case State::risk:
            return "risk";
        case State::missing:
            break;
    }
    return "missing";
}

fmt::text_style style(State state) {
    switch (state) {
        case State::ok:
            return fg(fmt::terminal_color::green);
        case State::note:
            return fg(fmt::terminal_color::yellow);
        case State::risk:
        case State::missing:
            break;
    }
    return fg(fmt::terminal_color::red);
}

nlohmann::ordered_json path_or_null(const std::optional<std::filesystem::path>& path) {
    return path ? nlohmann::ordered_json(path->string()) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::vector<CheckRow> host_rows(const HostFacts& facts) {
    return {
        {"kernel", State::ok, fmt::format("{} {}", facts.release, facts.machine), ""},
        facts.btf ? CheckRow{"BTF", State::ok, "/sys/kernel/btf/vmlinux", ""}
                  : CheckRow{"BTF", State::note, "this kernel has none; guests bring their own kernel", ""},
        {"memory", State::ok, fmt::format("{} MiB available", facts.memory_available >> 20U), ""},
        cgroup_row(facts, 2),
        cgroup_row(facts, 1),
        swap_row(facts),
        program_row("QEMU", facts.qemu, State::missing, "apt-get install qemu-system-x86"),
        program_row("stress-ng", facts.stress_ng, State::missing, "apt-get install stress-ng"),
        program_row("apt-get", facts.apt_get, State::note, "without it: kernels as file: or tree: only"),
        program_row("make", facts.make, State::note, "for --plant: apt-get install make gcc"),
        facts.kvm ? CheckRow{"KVM", State::ok, "/dev/kvm opens; a test boot tells whether it works", ""}
                  : CheckRow{"KVM", State::note, "no access to /dev/kvm: guests are emulated, which is slower", ""},
        facts.root ? CheckRow{"user", State::ok, "root", ""}
                   : CheckRow{"user", State::note, "not root; running guests does not need it", ""},
    };
}

std::vector<CheckRow> tier_rows(const Result<seen::Tier>& tier) {
    if (!tier) {
        return {{"tier", State::note, tier.error().message(), ""}};
    }
    std::vector<CheckRow> rows{
        {"tier", State::ok, fmt::format("{}, {} probes attach", tier->used, tier->attached.size()), ""}};
    for (const auto& [what, why] : tier->missing) {
        rows.push_back({"", State::note, fmt::format("{}: {}", what, why), ""});
    }
    return rows;
}

bool ready(const std::vector<CheckRow>& rows) {
    return std::none_of(rows.begin(), rows.end(), [](const CheckRow& row) { return row.state == State::missing; });
}

std::string table_text(const std::vector<CheckRow>& rows, bool colour) {
    std::size_t width = 0;
    for (const CheckRow& row : rows) {
        width = std::max(width, display_width(printable(row.what)));
    }
    std::string text;
    for (const CheckRow& row : rows) {
        const std::string state = fmt::format("{:<8}", word(row.state));
        text += fmt::format("{:<{}}  {}{}{}\n", printable(row.what), width,
                            colour ? fmt::format(style(row.state), "{}", state) : state, printable(row.detail),
                            row.fix.empty() ? "" : fmt::format(" ({})", printable(row.fix)));
    }
    return text;
}

nlohmann::ordered_json host_json(const HostFacts& facts) {
    auto cgroups = nlohmann::ordered_json::array();
    for (const CgroupMount& mount : facts.cgroups) {
        cgroups.push_back(
            {{"version", mount.version}, {"path", mount.path.string()}, {"controllers", mount.controllers}});
    }
    auto swaps = nlohmann::ordered_json::array();
    for (const SwapDevice& swap : facts.swaps) {
        swaps.push_back({{"name", swap.name}, {"size", swap.size}, {"used", swap.used}});
    }
    return {
        {"kernel",
         {{"release", facts.release}, {"version", facts.version}, {"arch", facts.machine}, {"btf", facts.btf}}},
        {"memory", {{"total", facts.memory_total}, {"available", facts.memory_available}}},
        {"cgroups", cgroups},
        {"swaps", swaps},
        {"programs",
         {{"qemu", path_or_null(facts.qemu)},
          {"stress_ng", path_or_null(facts.stress_ng)},
          {"apt_get", path_or_null(facts.apt_get)},
          {"make", path_or_null(facts.make)}}},
        {"kvm", facts.kvm},
        {"root", facts.root},
        {"ready", ready(host_rows(facts))},
    };
}

nlohmann::ordered_json tier_json(const Result<seen::Tier>& tier) {
    if (!tier) {
        return {{"used", nullptr}, {"reason", tier.error().message()}};
    }
    auto missing = nlohmann::ordered_json::array();
    for (const auto& [what, why] : tier->missing) {
        missing.push_back({{"what", what}, {"why", why}});
    }
    return {{"used", tier->used}, {"attached", tier->attached}, {"missing", missing}};
}

}  // namespace blkhang
