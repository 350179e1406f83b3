// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/plan_text.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sizes.h"
#include "guest/scale.h"

namespace blkhang {
namespace {

struct DisksInWords {
    const Profile& profile;
    const HostSituation& situation;

    [[nodiscard]] std::string sized(std::size_t at) const {
        const auto& disk = situation.disks.at(at);
        return disk.size == 0 ? disk.name : fmt::format("{} ({})", disk.name, format_size(disk.size));
    }
    [[nodiscard]] std::string how_many() const {
        return fmt::format("one of {} for data, {} of {} to swap to", format_size(profile.guest.data_disk),
                           profile.swap.disks + profile.swap.spare, format_size(profile.swap.size));
    }

    std::string operator()(const NamedDisks& disks) const {
        std::vector<std::string> swap;
        for (std::size_t i = 0; i < disks.swap.size(); ++i) {
            swap.push_back(sized(i + 1));
        }
        return fmt::format(
            "{} is written to, {} swapped to; what is on them is lost, but for the first and the last MiB", sized(0),
            fmt::join(swap, ", "));
    }
    std::string operator()(const NullDisks& /*disks*/) const {
        return fmt::format("made of the kernel's own memory (null_blk): {}", how_many());
    }
    std::string operator()(const FileDisks& disks) const {
        return fmt::format("loop disks over new files in {}: {}", disks.directory.string(), how_many());
    }
};

std::string memory_in_words(const HostRunRequest& request, const Profile& profile) {
    std::string text = profile.pressure.vm == 0
                           ? "no pressure of its own"
                           : fmt::format("{} x {} of pressure, so that all of the host comes to swap",
                                         profile.pressure.vm, format_size(profile.pressure.vm_bytes));
    text += fmt::format(", {} groups of {} each", profile.churn.workers * profile.churn.ring,
                        format_size(profile.churn.member_memory));
    return request.memory_budget == 0 ? text
                                      : text + fmt::format("; together at most {}", format_size(request.memory_budget));
}

/// All that are throttled: members of fresh groups write, too.
std::string writers_in_words(const Profile& profile) {
    const auto members = profile.churn.member_writes == 0 ? 0 : profile.churn.workers * profile.churn.ring;
    return fmt::format(
        "{} throttled at once: {} steady ones, {} members of groups that are always new, {} virtual machines; beside "
        "them {} "
        "processes that make groups, {} that make per-CPU arrays",
        profile.writers.count + members + profile.kvm.guests, profile.writers.count, members, profile.kvm.guests,
        profile.churn.workers, profile.percpu.churners + profile.percpu.flushers);
}

/// Nothing for a profile without any.
std::string guests_in_words(const HostRunRequest& request, const Profile& profile, const HostSituation& situation) {
    const auto& kvm = profile.kvm;
    if (kvm.guests == 0) {
        return {};
    }
    const std::string boot = !request.guest_image.empty()  ? fmt::format("a copy of {}", request.guest_image.string())
                             : kvm.boot == KvmBoot::sector ? "a boot sector that writes"
                             : kvm.boot == KvmBoot::kernel
                                 ? "this host's kernel with a program that writes"
                                 : "this host's kernel with a program that writes, or a boot sector if it is not "
                                   "in /boot";
    return fmt::format(
        "{} by QEMU, {}, one started after the other, each on {} of the data disk in a throttled group of its "
        "own; they boot {}; together up to {} of memory",
        kvm.guests, situation.kvm ? "with KVM if the first one boots with it" : "emulated", format_size(kvm.disk), boot,
        format_size(memory_of_guests(profile)));
}

}  // namespace

PlanRows describe(const HostRunRequest& request, const Result<ScaledProfile>& profile, const HostSituation& situation,
                  const Objections& against) {
    PlanRows rows;
    const auto line = [&](const char* what, const std::string& how) { rows.emplace_back(what, how); };
    const Profile& shown = profile ? profile->profile : request.profile;
    line("disks", std::visit(DisksInWords{shown, situation}, request.disks));
    for (const auto* disks : {&situation.disks, &situation.below}) {
        for (const auto& disk : *disks) {
            if (disk.throttles_writeback) {
                line("note",
                     fmt::format("{0} holds writers back by itself (wbt): less of the load comes through; echo 0 "
                                 "> /sys/block/{0}/queue/wbt_lat_usec ends that",
                                 disk.name));
            }
        }
    }
    line("cgroups", "a scope of systemd's that is left to the load, and groups below it");
    line("memory", memory_in_words(request, shown));
    line("writers", writers_in_words(shown));
    if (const auto guests = guests_in_words(request, shown, situation); !guests.empty()) {
        line("guests", guests);
    }
    for (const auto& chosen : profile ? profile->chosen : std::vector<std::string>{}) {
        line("chosen", chosen);
    }
    std::vector<std::string> knobs{"/proc/sys/vm/swappiness"};
    std::ranges::transform(shown.triggers, std::back_inserter(knobs), &Trigger::file);
    line("knobs", fmt::format("{}", fmt::join(knobs, ", ")));
    line("takes", fmt::format("{}, up to {} if coverage is missing", format_duration(shown.duration),
                              format_duration(shown.duration + shown.patience)));
    line("freezes", "all of this host, for good, if its kernel has the bug; that is what is tried");
    if (!request.watchdog.empty()) {
        line("reset", fmt::format("by {}, {} after the proof of a hang that still stands then; {}",
                                  request.watchdog.string(), format_duration(request.give_up),
                                  request.heal ? "before, the load's own processes of it are killed"
                                               : "nobody is killed meanwhile"));
    } else if (request.heal) {
        line("healed", "a hang, by killing the load's own processes of it, one after the other");
    }
    line("evidence", request.evidence.empty()
                         ? "the record, the kernel's log"
                         : fmt::format("the record, the kernel's log, {}", fmt::join(request.evidence, ", ")));
    line("record", request.directory.string());
    line("undone",
         fmt::format("all of it, at the end or by `blkhang cleanup`, from the ledger in {}", request.ledger.string()));
    for (const auto& why : against.refused) {
        line("refused", why);
    }
    if (!profile) {
        line("refused", profile.error().message());
    }
    for (const auto& what : against.consents) {
        line("consent", what + " (--accept-freeze)");
    }
    return rows;
}

}  // namespace blkhang
