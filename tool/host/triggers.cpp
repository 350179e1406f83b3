// SPDX-License-Identifier: GPL-2.0-only
#include "host/triggers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/words.h"

namespace blkhang {
namespace {

using Trigger = MemberHere::Trigger;
using Write = FamilyMember::Write;

bool has_item(const std::vector<std::string>& list, const std::string& item) {
    return std::ranges::find(list, item) != list.end();
}

/// What came of looking for who makes a write.
struct Found {
    Trigger trigger = Trigger::none;
    std::vector<std::string> by;

    /// Whoever is more likely to come tells.
    void add(Trigger kind, const std::string& what) {
        if (kind > trigger) {
            trigger = kind;
            by.clear();
        }
        if (kind == trigger) {
            add_once(by, what);
        }
    }
    void add(const Found& other) {
        for (const std::string& what : other.by) {
            add(other.trigger, what);
        }
    }
};

bool is_swapped_to(const HostView& view, const std::string& disk) {
    const auto swaps = swaps_on_disks(view);
    return std::ranges::any_of(swaps, [&](const SwapQueue* swap) { return has_item(swap->path.queues, disk); });
}

/// The disk has that already, so the same once more changes nothing.
bool is_so_already(const DiskQueue& disk, const KnobWriter& writer) {
    const auto is = [&](const std::optional<std::int64_t>& value) {
        return value && std::to_string(*value) == writer.value;
    };
    return (writer.knob == "queue/scheduler" && disk.scheduler == writer.value) ||
           (writer.knob == "queue/nr_requests" && is(disk.nr_requests)) ||
           (writer.knob == "queue/wbt_lat_usec" && is(disk.wbt_lat_us));
}

/// Is there what would be written to? Nothing: no.
bool can_be_written(const HostView& view, const DiskQueue& disk, const Write& write) {
    if (write.knob == "queue/scheduler") {
        // One that is a module need not be listed: it is loaded when it is asked for.
        return disk.hardware_queues > 0;
    }
    if (write.knob == "queue/nr_requests") {
        return disk.nr_requests.has_value() && disk.hardware_queues > 0;
    }
    if (write.knob == "queue/wbt_lat_usec") {
        return disk.wbt_lat_us.has_value();
    }
    if (write.knob == "io.cost.qos") {
        return view.facts.has_controller(2, "io");
    }
    if (write.knob == "io.max") {
        return view.facts.has_controller(2, "io") || view.facts.has_controller(1, "blkio");
    }
    return write.knob == "submit_queues" && disk.driver == "nullb";
}

/// Of a write that matters only once for a disk: what shows that it was made.
std::optional<std::string> made_before(const HostView& view, const DiskQueue& disk, const Write& write) {
    if (!write.first_only) {
        return std::nullopt;
    }
    if (write.knob == "queue/wbt_lat_usec" && disk.wbt_lat_us.value_or(0) > 0) {
        return fmt::format("writeback throttling of {} is on already", disk.name);
    }
    const auto limit = std::ranges::find_if(
        view.limits, [&](const IoLimit& one) { return one.knob == write.knob && one.number == disk.number; });
    return limit == view.limits.end()
               ? std::nullopt
               : std::optional(fmt::format("{} of {} is set already, by {}", limit->file, disk.name, limit->group));
}

Found find_writers(const HostView& view, const DiskQueue& disk, const Write& write) {
    Found found;
    if (!can_be_written(view, disk, write)) {
        found.add(Trigger::none, fmt::format("{} has no {}", disk.name, write.knob));
        return found;
    }
    if (const auto made = made_before(view, disk, write)) {
        found.add(Trigger::none, *made);
        return found;
    }
    found.add(Trigger::by_hand, fmt::format("a write to {} of {}", write.knob, disk.name));
    for (const KnobWriter& writer : view.writers) {
        const bool fits = writer.knob == write.knob && has_item(writer.disks, disk.name) &&
                          (write.values.empty() || writer.value.empty() || has_item(write.values, writer.value));
        if (!fits) {
            continue;
        }
        const std::string where = fmt::format("{} {}:{}", writer.by, writer.file, writer.line);
        if (is_so_already(disk, writer)) {
            found.add(Trigger::by_hand, fmt::format("{} wants {} of {} as it is", where, write.knob, disk.name));
        } else {
            found.add(Trigger::present,
                      fmt::format("{} writes {}to {} of {}", where, writer.value.empty() ? "" : writer.value + " ",
                                  write.knob, disk.name));
        }
    }
    return found;
}

Found find_all(const HostView& view, const DiskQueue& disk, const std::vector<Write>& writes) {
    Found found;
    for (const Write& write : writes) {
        found.add(find_writers(view, disk, write));
    }
    return found;
}

Found found_on(const HostView& view, const DiskQueue& disk, const FamilyMember& member) {
    Found found = find_all(view, disk, member.set_off.writes);
    if (!member.set_off.against.empty()) {
        const Found other = find_all(view, disk, member.set_off.against);
        found.trigger = std::min(found.trigger, other.trigger);
        found.by = {fmt::format("{}; at the same time as {}", fmt::join(found.by, "; "), fmt::join(other.by, "; "))};
    }
    if (has_item(member.set_off.drivers, disk.driver) ||
        // "ublkb", of which the driver's name is a part.
        std::ranges::any_of(member.set_off.drivers,
                            [&](const std::string& driver) { return disk.driver.starts_with(driver); })) {
        found.add(Trigger::present, fmt::format("{} is served by {}{}", disk.name, disk.driver,
                                                disk.served_by ? fmt::format(" (process {})", *disk.served_by) : ""));
    }
    return found;
}

}  // namespace

std::string_view to_string(Trigger trigger) {
    switch (trigger) {
        case Trigger::present:
            return "present";
        case Trigger::by_hand:
            return "by hand";
        case Trigger::none:
            break;
    }
    return "none";
}

std::vector<const SwapQueue*> swaps_on_disks(const HostView& view) {
    std::vector<const SwapQueue*> swaps;
    for (const SwapQueue& swap : view.swaps) {
        if (!swap.in_memory()) {
            swaps.push_back(&swap);
        }
    }
    return swaps;
}

std::vector<MemberHere> members_here(const HostView& view) {
    std::vector<MemberHere> all;
    for (const FamilyMember& member : view.family) {
        if (!member.hangs || member.state == FamilyMember::State::closed) {
            continue;
        }
        Found found;
        if (swaps_on_disks(view).empty()) {
            found.add(Trigger::none,
                      view.swaps.empty() ? "nothing is swapped to here" : "swap is in memory only, where no bio waits");
        }
        for (const DiskQueue& disk : view.disks) {
            if (is_swapped_to(view, disk.name)) {
                found.add(found_on(view, disk, member));
            }
        }
        all.push_back({&member, found.trigger, found.by});
    }
    return all;
}

}  // namespace blkhang
