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
class Found {
public:
    /// Whoever is more likely to come tells. One reason for several disks is one.
    void add(Trigger kind, const std::string& reason, const std::string& disk) {
        if (kind > trigger_) {
            trigger_ = kind;
            reasons_.clear();
        }
        if (kind < trigger_) {
            return;
        }
        auto known = std::ranges::find(reasons_, reason, &Reason::text);
        if (known == reasons_.end()) {
            known = reasons_.insert(known, {reason, {}});
        }
        if (!disk.empty()) {
            add_once(known->disks, disk);
        }
    }
    void add(const Found& other) {
        for (const Reason& reason : other.reasons_) {
            for (const std::string& disk : reason.disks) {
                add(other.trigger_, reason.text, disk);
            }
        }
    }
    [[nodiscard]] Trigger trigger() const { return trigger_; }
    [[nodiscard]] std::vector<std::string> by() const {
        std::vector<std::string> texts;
        for (const Reason& reason : reasons_) {
            texts.push_back(reason.disks.empty() ? reason.text
                                                 : fmt::format("{} {}", reason.text, fmt::join(reason.disks, ", ")));
        }
        return texts;
    }

private:
    struct Reason {
        std::string text;  ///< ends where names of disks may follow
        std::vector<std::string> disks;
    };
    Trigger trigger_ = Trigger::none;
    std::vector<Reason> reasons_;
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
        return "writeback is throttled already on";
    }
    const auto limit = std::ranges::find_if(
        view.limits, [&](const IoLimit& one) { return one.knob == write.knob && one.number == disk.number; });
    return limit == view.limits.end()
               ? std::nullopt
               : std::optional(fmt::format("{} is set already, by cgroup {}, for", limit->file, limit->group));
}

bool fits(const KnobWriter& writer, const DiskQueue& disk, const Write& write) {
    return writer.knob == write.knob && has_item(writer.disks, disk.name) &&
           (write.values.empty() || writer.value.empty() || has_item(write.values, writer.value));
}

Found find_writers(const HostView& view, const DiskQueue& disk, const Write& write) {
    Found found;
    if (!can_be_written(view, disk, write)) {
        found.add(Trigger::none, fmt::format("there is no {} for", write.knob), disk.name);
        return found;
    }
    if (const auto made = made_before(view, disk, write)) {
        found.add(Trigger::none, *made, disk.name);
        return found;
    }
    found.add(Trigger::by_hand, fmt::format("a write to {} of", write.knob), disk.name);
    for (const KnobWriter& writer : view.writers) {
        if (!fits(writer, disk, write)) {
            continue;
        }
        const std::string where = fmt::format("{} {}:{}", writer.by, writer.file, writer.line);
        const std::string what = writer.value.empty() ? "" : fmt::format("{} to ", writer.value);
        if (is_so_already(disk, writer)) {
            found.add(Trigger::by_hand, fmt::format("{} wants {} as it is for", where, write.knob), disk.name);
        } else if (writer.by_variable) {
            found.add(Trigger::by_hand,
                      fmt::format("{} writes {}{} of disks that it does not name, perhaps", where, what, write.knob),
                      disk.name);
        } else {
            found.add(Trigger::present, fmt::format("{} writes {}{} of", where, what, write.knob), disk.name);
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

/// "ublkb" is of ublk.
bool is_of_driver(const DiskQueue& disk, const std::vector<std::string>& drivers) {
    return std::ranges::any_of(drivers, [&](const std::string& driver) { return disk.driver.starts_with(driver); });
}

Found found_on(const HostView& view, const DiskQueue& disk, const FamilyMember& member) {
    const FamilyMember::SetOff& set_off = member.set_off;
    Found found = find_all(view, disk, set_off.writes);
    if (!set_off.against.empty()) {
        const Found other = find_all(view, disk, set_off.against);
        Found both;
        both.add(
            std::min(found.trigger(), other.trigger()),
            fmt::format("{}; at the same time {}; both for", fmt::join(found.by(), "; "), fmt::join(other.by(), "; ")),
            disk.name);
        return both;
    }
    if (is_of_driver(disk, set_off.drivers)) {
        const std::string process = disk.served_by ? fmt::format(" (process {})", *disk.served_by) : "";
        found.add(Trigger::present, fmt::format("{}{} serves", disk.driver, process), disk.name);
    } else if (!set_off.drivers.empty() && found.trigger() == Trigger::none) {
        Found none;
        none.add(Trigger::none, fmt::format("{} would have to serve", fmt::join(set_off.drivers, " or ")), disk.name);
        return none;
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
                      view.swaps.empty() ? "nothing is swapped to here" : "swap is in memory only, where no bio waits",
                      "");
        }
        for (const DiskQueue& disk : view.disks) {
            if (is_swapped_to(view, disk.name)) {
                found.add(found_on(view, disk, member));
            }
        }
        all.push_back({&member, found.trigger(), found.by()});
    }
    return all;
}

}  // namespace blkhang
