// SPDX-License-Identifier: GPL-2.0-only
#include "host/risk_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/few_of.h"
#include "base/printable.h"
#include "base/sizes.h"
#include "base/words.h"
#include "host/triggers.h"

namespace blkhang {
namespace {

using State = CheckRow::State;
using Trigger = MemberHere::Trigger;

constexpr std::size_t kMostItems = 5;

std::string listed(const std::vector<std::string>& items) {
    return fmt::format("{}", fmt::join(few_of(items, kMostItems), ", "));
}

std::vector<std::string> names_of(const std::vector<MemberHere>& members, Trigger trigger) {
    std::vector<std::string> names;
    for (const MemberHere& here : members) {
        if (here.trigger == trigger && here.member->state == FamilyMember::State::possible) {
            names.push_back(here.member->name);
        }
    }
    return names;
}

std::string way_of(const SwapQueue& swap) { return fmt::format("{}", fmt::join(swap.path.steps, " > ")); }

std::string swap_sentence(const HostView& view) {
    const auto on_disks = swaps_on_disks(view);
    if (view.swaps.empty()) {
        return "Nothing is swapped to here, and without swap on a disk none of them comes about.";
    }
    if (on_disks.empty()) {
        return "Swap is in memory only, and without swap on a disk none of them comes about.";
    }
    std::vector<std::string> disks;
    for (const SwapQueue* swap : on_disks) {
        for (const std::string& disk : swap->path.disks) {
            add_once(disks, disk);
        }
    }
    return disks.empty() ? "Where swap goes is not known." : fmt::format("Swap goes to {}.", listed(disks));
}

/// "2 of them (elv-bfq, elv-switch)".
std::string count_of(const std::vector<std::string>& names) {
    return fmt::format("{} of them ({})", names.size(), fmt::join(names, ", "));
}

void add_limits(const HostView& view, std::vector<CheckRow>& rows) {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
    for (const IoLimit& limit : view.limits) {
        const auto disk = std::ranges::find(view.disks, limit.number, &DiskQueue::number);
        groups[{limit.file, disk == view.disks.end() ? limit.number + ", no swap" : disk->name + ", swapped to"}]
            .push_back(limit.group);
    }
    for (const auto& [key, members] : groups) {
        rows.push_back({"limit", State::note,
                        fmt::format("{} of {}: in {} cgroup{}: {}", key.first, key.second, members.size(),
                                    members.size() == 1 ? "" : "s", listed(members)),
                        ""});
    }
}

void add_machines(const HostView& view, std::vector<CheckRow>& rows) {
    for (const VirtualMachine& machine : view.running.machines) {
        const auto shared = std::ranges::any_of(machine.disks, [&](const std::string& disk) {
            return std::ranges::find(view.disks, disk, &DiskQueue::name) != view.disks.end();
        });
        rows.push_back(
            {"virtual machine", State::note,
             fmt::format("{}{}, {}: {}", machine.program, machine.guest.empty() ? "" : " " + machine.guest, machine.pid,
                         !machine.readable ? "where its IO goes is not ours to see"
                         : machine.files.empty()
                             ? "no disk of it is open here"
                             : fmt::format("{} on {}{}", listed(machine.files), listed(machine.disks),
                                           shared ? ", which is swapped to" : "")),
             ""});
    }
}

CheckRow disk_row(const DiskQueue& disk) {
    std::string text = fmt::format("{}: driver {}", disk.name, disk.driver);
    if (disk.hardware_queues > 0) {
        text +=
            fmt::format(", scheduler {} of {}, {} hardware queue{}", disk.scheduler.empty() ? "none" : disk.scheduler,
                        fmt::join(disk.schedulers, " "), disk.hardware_queues, disk.hardware_queues == 1 ? "" : "s");
    } else {
        text += ", hands its bios on";
    }
    if (disk.nr_requests && disk.hardware_queues > 0) {
        text += fmt::format(", nr_requests {}", *disk.nr_requests);
    }
    if (disk.wbt_lat_us) {
        text += *disk.wbt_lat_us > 0 ? fmt::format(", writeback throttled to {} us", *disk.wbt_lat_us)
                                     : ", writeback not throttled";
    }
    return {"disk of swap", State::ok, text, ""};
}

CheckRow pressure_row(const Pressure& pressure) {
    if (!pressure.known) {
        return {"memory pressure", State::note, "this kernel does not tell (PSI)", ""};
    }
    // Where no task ever waited for memory, nobody reclaims under pcpu_alloc_mutex either.
    return {"memory pressure", pressure.some.avg300 > 1 ? State::note : State::ok,
            fmt::format("some {:.2f} % and full {:.2f} % of the last 5 min; {:.1f} s and {:.1f} s since boot",
                        pressure.some.avg300, pressure.full.avg300, pressure.some.total_s, pressure.full.total_s),
            ""};
}

}  // namespace

std::string risk_summary(const HostView& view) {
    const auto members = members_here(view);
    const auto all = std::ranges::count_if(view.family, &FamilyMember::hangs);
    const auto present = names_of(members, Trigger::present);
    const auto by_hand = names_of(members, Trigger::by_hand);
    const auto possible = std::ranges::count_if(
        members, [](const MemberHere& here) { return here.member->state == FamilyMember::State::possible; });
    std::string kernel =
        fmt::format("This kernel ({}) leaves {} of the family's {} hangs possible", view.facts.release, possible, all);
    if (const auto unknown = static_cast<std::ptrdiff_t>(members.size()) - possible; unknown > 0) {
        kernel += fmt::format("; of {} nothing is known", unknown);
    }
    std::string text = fmt::format("{}.\n{}\n", printable(kernel), printable(swap_sentence(view)));
    if (!swaps_on_disks(view).empty()) {
        const std::string here = present.empty() ? "Nothing was found on this host that sets one of them off"
                                                 : fmt::format("Something on this host sets off {}", count_of(present));
        const std::string hand =
            by_hand.empty() ? "" : fmt::format("; {} would take a write by hand", count_of(by_hand));
        text += printable(here + hand) + ".\n";
    }
    return text;
}

std::vector<CheckRow> member_rows(const HostView& view) {
    auto members = members_here(view);
    std::ranges::stable_sort(members, std::ranges::greater(), &MemberHere::trigger);
    const bool swaps = !swaps_on_disks(view).empty();
    std::vector<CheckRow> rows;
    for (const MemberHere& here : members) {
        const bool at_risk = here.trigger == Trigger::present && here.member->state == FamilyMember::State::possible;
        // Without swap there is one reason for all, which the summary gives.
        const std::string by = swaps ? fmt::format("; here: {}", fmt::join(few_of(here.by, kMostItems), "; ")) : "";
        rows.push_back({here.member->name, at_risk ? State::risk : State::note,
                        fmt::format("{}: {}{}", to_string(here.member->state), here.member->trigger, by),
                        here.member->why});
    }
    for (const FamilyMember& member : view.family) {
        if (member.state == FamilyMember::State::closed) {
            rows.push_back({member.name, State::ok, "closed", member.why});
        } else if (!member.hangs) {
            rows.push_back(
                {member.name, State::note,
                 fmt::format("{}, half of a hang and none by itself: {}", to_string(member.state), member.trigger),
                 member.why});
        }
    }
    return rows;
}

std::vector<CheckRow> circumstance_rows(const HostView& view) {
    std::vector<CheckRow> rows;
    for (const SwapQueue& swap : view.swaps) {
        rows.push_back({"swap", swap.in_memory() ? State::ok : State::note,
                        fmt::format("{}, {}, {} used, priority {}: {}", swap.name, format_size(swap.size),
                                    format_size(swap.used), swap.priority, way_of(swap)),
                        ""});
    }
    if (view.swaps.empty()) {
        rows.push_back({"swap", State::ok, "none", ""});
    }
    if (view.zswap) {
        rows.push_back({"zswap", State::note, "on: keeps pages back from the disk for a while", ""});
    }
    for (const DiskQueue& disk : view.disks) {
        rows.push_back(disk_row(disk));
    }
    for (const KnobWriter& writer : view.writers) {
        rows.push_back({"writes settings", State::note,
                        fmt::format("{} {}:{}: {}{}, {}", writer.by, writer.file, writer.line, writer.knob,
                                    writer.value.empty() ? "" : " = " + writer.value,
                                    writer.by_variable     ? "of disks that it does not name"
                                    : writer.disks.empty() ? "of no disk that is swapped to"
                                                           : fmt::format("of {}", listed(writer.disks))),
                        ""});
    }
    if (view.writers.empty()) {
        rows.push_back({"writes settings", State::ok,
                        "nobody: no udev rule, unit, tuned profile or script is known to set what is in question", ""});
    }
    add_limits(view, rows);
    add_machines(view, rows);
    rows.push_back(pressure_row(view.pressure));
    for (const HostProcess& killer : view.running.killers) {
        rows.push_back({"kills early", State::note,
                        fmt::format("{}[{}]: ends processes when memory is short, before the kernel would", killer.name,
                                    killer.pid),
                        ""});
    }
    return rows;
}

}  // namespace blkhang
