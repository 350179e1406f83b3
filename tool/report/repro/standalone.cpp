// SPDX-License-Identifier: GPL-2.0-only
#include "report/repro/standalone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sizes.h"
#include "record/json.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr const char* kStandalone = "repro.sh.mustache";
constexpr const char* kBlktests = "blktests.sh.mustache";
constexpr std::size_t kMostShots = 63;                               // less than MOST in repro.c.mustache
constexpr std::uint64_t kRoomForWriters = std::uint64_t{64} << 20U;  // bytes, behind a swap area on the same disk
constexpr std::uint64_t kDiskHeader = 4096;                          // bytes, in which a disk is marked as ours

/// What follows the device's number in io.max.
std::string limits_of(const Throttle& throttle) {
    std::string text;
    for (const auto& [name, limit] : {std::pair<const char*, std::uint64_t>{"rbps", throttle.read_bytes_per_s},
                                      {"wbps", throttle.write_bytes_per_s},
                                      {"riops", throttle.read_ios_per_s},
                                      {"wiops", throttle.write_ios_per_s}}) {
        if (limit > 0) {
            text += fmt::format(" {}={}", name, limit);
        }
    }
    return text;
}

/// Fit to stand between double quotes of a shell, but for the names that are filled in there.
bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Of the kernel's, or in our own cgroup; not by a way round.
bool is_kernel_file(std::string_view file) {
    return (file.starts_with("/sys/") || file.starts_with("/proc/sys/") || file.starts_with("{cgroup}/")) &&
           file.find("..") == std::string_view::npos;
}

/// The text for double quotes, with the script's own variables for {disk}, {number} and {cgroup}; `which` is appended
/// to their names.
std::string in_quotes(std::string_view text, const std::string& which) {
    std::string result;
    while (!text.empty()) {
        bool filled = false;
        for (const auto& [name, variable] : {std::pair<std::string_view, std::string>{"{disk}", "${name" + which + "}"},
                                             {"{number}", "${number" + which + "}"},
                                             {"{cgroup}", "${group}"}}) {
            if (text.starts_with(name)) {
                result += variable;
                text.remove_prefix(name.size());
                filled = true;
                break;
            }
        }
        if (!filled) {
            constexpr std::string_view kSpecial = "\\\"$`";
            if (kSpecial.find(text.front()) != std::string_view::npos) {
                result += '\\';
            }
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

/// Who writes to a disk beside what is swapped out?
bool has_writes(const Profile& profile) {
    return profile.writers.count > 0 || (profile.churn.workers > 0 && profile.churn.member_writes > 0);
}
/// What is about a disk is about both, if they are one: where there are limits, triggers or steady writers for it, it
/// has to be one of its own. A write now and then goes to the end of the swap disk, so that one disk is all that is
/// needed.
bool has_data_disk(const Profile& profile) {
    return profile.writers.count > 0 || profile.throttle.data.limits_anything() ||
           std::any_of(profile.triggers.begin(), profile.triggers.end(),
                       [](const Trigger& trigger) { return trigger.disk == TriggerDisk::data; });
}

/// The numbers, from 1, of the disks that a trigger writes about.
std::vector<std::string> targets_of(const Trigger& trigger, const Profile& profile) {
    if (trigger.disk == TriggerDisk::data) {
        return {std::to_string(profile.swap.disks + 1)};
    }
    std::vector<std::string> targets;
    for (std::uint32_t i = 1; i <= profile.swap.disks; ++i) {
        targets.push_back(std::to_string(i));
    }
    return targets;
}

struct KernelWrite {
    std::string file, value;
};
/// In the order in which they are fired.
std::vector<KernelWrite> shots_of(const Trigger& trigger, const Profile& profile) {
    std::vector<KernelWrite> shots;
    for (const std::string& value : trigger.values) {
        for (const std::string& target : targets_of(trigger, profile)) {
            shots.push_back({in_quotes(trigger.file, target), in_quotes(value, target)});
        }
    }
    return shots;
}

/// What is written before the load begins.
std::vector<KernelWrite> staged_by(const Profile& profile) {
    std::vector<KernelWrite> all;
    for (const Trigger& trigger : profile.triggers) {
        if (trigger.phase == TriggerPhase::stage) {
            const auto shots = shots_of(trigger, profile);
            all.insert(all.end(), shots.begin(), shots.end());
        }
    }
    return all;
}

/// What the C program is told, but for the fresh disks, which come last.
std::vector<std::string> words_of(const Profile& profile) {
    std::vector<std::string> words{R"(group "$group")"};
    const auto data = has_data_disk(profile) ? profile.swap.disks + 1 : 1;
    if (profile.throttle.data.limits_anything()) {
        words.push_back(fmt::format(R"(limit "$number{}{}")", data, limits_of(profile.throttle.data)));
    }
    for (std::uint32_t i = 1; i <= profile.swap.disks && profile.throttle.swap.limits_anything(); ++i) {
        words.push_back(fmt::format(R"(limit "$number{}{}")", i, limits_of(profile.throttle.swap)));
    }
    if (has_writes(profile)) {
        const auto begin = has_data_disk(profile) ? kDiskHeader : profile.swap.size;
        words.push_back(fmt::format(R"(data "$disk{0}" {1} $((bytes{0} - {1})))", data, begin));
    }
    if (profile.churn.workers > 0) {
        words.push_back(fmt::format("churn {} {} {} {}", profile.churn.workers, profile.churn.ring,
                                    profile.churn.member_memory, profile.churn.member_writes));
    }
    if (profile.writers.count > 0) {
        words.push_back(
            fmt::format("writers {} {} {}", profile.writers.count, profile.writers.block, profile.writers.span));
    }
    if (profile.percpu.churners > 0) {
        words.push_back(fmt::format("percpu {} {} {} {}", profile.percpu.churners, profile.percpu.maps,
                                    profile.percpu.value_size, profile.percpu.entries));
    }
    if (profile.pressure.vm > 0) {
        words.push_back(fmt::format("hogs {} $(({} + more))", profile.pressure.vm, profile.pressure.vm_bytes));
    }
    const Trigger* fresh = nullptr;
    for (const Trigger& trigger : profile.triggers) {
        if (trigger.phase == TriggerPhase::stage) {
            continue;
        }
        if (trigger.disk == TriggerDisk::fresh) {
            fresh = &trigger;
            continue;
        }
        words.push_back(fmt::format("trigger {} {} {}", trigger.every.count(), trigger.delay.count(),
                                    targets_of(trigger, profile).size()));
        for (const KernelWrite& shot : shots_of(trigger, profile)) {
            words.push_back(fmt::format(R"(shot - "{}" "{}")", shot.file, shot.value));
        }
    }
    if (fresh != nullptr) {
        words.push_back(fmt::format(R"(trigger {} {} 1 "$@")", fresh->every.count(), fresh->delay.count()));
    }
    return words;
}

/// All that may name a disk's variables, but for what makes it swap.
std::string naming_disks(const Profile& profile) {
    std::string text = fmt::format("{}", fmt::join(words_of(profile), "\n"));
    for (const KernelWrite& write : staged_by(profile)) {
        text += write.file + write.value;
    }
    return text;
}

/// A disk that the script is given, and the variables that are made of it, those that `heeded` names.
Json disk_json(std::uint32_t number, std::string_view role, std::uint64_t used, std::string_view heeded) {
    std::vector<std::string> assignments;
    for (const auto& [name, value] : {std::pair<const char*, const char*>{"disk", "$1"},
                                      {"name", "$name"},
                                      {"number", "$number"},
                                      {"bytes", "$2"}}) {
        const auto variable = fmt::format("{}{}", name, number);
        // Not the first digits of another's number: a shell's name ends where a blank, a quote or a bracket comes.
        for (const auto& use : {fmt::format("${{{}}}", variable), fmt::format("${}\"", variable),
                                fmt::format("(({} ", variable), fmt::format("${} ", variable)}) {
            if (heeded.find(use) != std::string_view::npos) {
                assignments.push_back(fmt::format("{}={}", variable, value));
                break;
            }
        }
    }
    return {{"role", std::string(role)},
            {"least", fmt::format("{} ({} bytes)", format_size(used), used)},
            {"used", used},
            {"assign", assignments.empty() ? Json(false) : Json(fmt::format("{}", fmt::join(assignments, " ")))}};
}

Json script_json(const Record& record, const Profile& profile) {
    Json staged = Json::array();
    for (const KernelWrite& write : staged_by(profile)) {
        staged.push_back({{"file", write.file}, {"value", write.value}});
    }
    std::string heeded = naming_disks(profile);
    Json swaps = Json::array();
    for (std::uint32_t i = 1; i <= profile.swap.disks; ++i) {
        swaps.push_back(fmt::format("$disk{}", i));
        heeded += fmt::format("\"$disk{}\"\n", i);
    }
    const bool is_numbered = heeded.find("number") != std::string::npos ||
                             std::any_of(profile.triggers.begin(), profile.triggers.end(), [](const Trigger& trigger) {
                                 return trigger.disk == TriggerDisk::fresh &&
                                        (trigger.file + trigger.values.front()).find("{number}") != std::string::npos;
                             });
    const bool shared = has_writes(profile) && !has_data_disk(profile);
    Json disks = Json::array();
    for (std::uint32_t i = 1; i <= profile.swap.disks; ++i) {
        const bool is_written = shared && i == 1;
        disks.push_back(disk_json(i, is_written ? "swap, and at the end of it writes" : "swap",
                                  profile.swap.size + (is_written ? kRoomForWriters : 0), heeded));
    }
    if (has_data_disk(profile)) {
        disks.push_back(
            disk_json(profile.swap.disks + 1, "writes", std::max(profile.guest.data_disk, profile.swap.size), heeded));
    }
    std::vector<std::string> differs{"its hogs are no stress-ng"};
    if (shared) {
        differs.emplace_back("what is written beside swap had a disk of its own");
    }
    if (record.plant.empty() && !record.run.site.value_or("").empty()) {
        differs.emplace_back("that was no guest");
    }
    Json values{
        {"summary", one_line(profile.summary)},
        {"verdict", std::string(to_string(record.verdict.value))},
        {"release", one_line(record.kernel.release)},
        {"plant", record.plant.empty() ? Json(false) : Json(one_line(record.plant))},
        {"profile", one_line(profile.name)},
        {"tool", one_line(record.tool.version + " " + record.tool.commit)},
        {"disks", disks},
        {"least_words", 2 * disks.size()},
        {"most_words", 2 * disks.size()},
        {"seconds", (profile.duration + profile.patience).count()},
        {"memory", format_size(profile.guest.memory)},
        {"cpus", profile.guest.cpus},
        {"possible_cpus", profile.guest.possible_cpus},
        {"differs", fmt::format("{}", fmt::join(differs, "; "))},
        {"modules",
         profile.guest.modules.empty() ? Json(false) : Json(fmt::format("{}", fmt::join(profile.guest.modules, " ")))},
        {"swap_kib", profile.swap.size / 1024},
        {"swaps", swaps},
        {"numbered", is_numbered},
        {"swappiness", profile.swap.swappiness},
        {"staged", staged},
        {"pressure", profile.pressure.vm > 0},
        {"vm", profile.pressure.vm},
        {"memory_then", profile.guest.memory / 8 * 7},
        {"words", words_of(profile)}};
    if (record.deadlock) {
        values["after"] = fmt::format("{:.1f} s", record.deadlock->closed_ms / 1000);
    }
    for (const Trigger& trigger : profile.triggers) {
        if (trigger.disk == TriggerDisk::fresh) {
            values["fresh"] = {
                {"role", "become swap one after the other"},
                {"least", fmt::format("{} ({} bytes)", format_size(profile.swap.size), profile.swap.size)},
                {"count", profile.swap.spare},
                {"used", profile.swap.size},
                {"file", in_quotes(trigger.file, "")},
                {"value", in_quotes(trigger.values.front(), "")}};
            values["least_words"] = 2 * disks.size() + 2;
            values["most_words"] = 2 * (disks.size() + profile.swap.spare);
        }
    }
    return values;
}

}  // namespace

std::vector<std::string> beyond_a_script(const Profile& profile) {
    std::vector<std::string> reasons;
    const auto refuse_if = [&](bool refused, std::string reason) {
        if (refused) {
            reasons.push_back(std::move(reason));
        }
    };
    refuse_if(profile.cgroup.version == CgroupVersion::v1, "cgroup v1 (cgroup.version)");
    refuse_if(profile.swap.device != SwapKind::virtio, "a swap disk that has to be made first (swap.device)");
    refuse_if(profile.swap.disks == 0, "no swap disk (swap.disks)");
    refuse_if(profile.kvm.guests > 0, "virtual machines that write (kvm.guests)");
    refuse_if(profile.percpu.flushers > 0, "per-CPU churn under PR_SET_IO_FLUSHER (percpu.flushers)");
    refuse_if(profile.writers.count > 0 && profile.writers.mode != WriteMode::direct,
              "writers that go through the page cache (writers.mode)");
    refuse_if(profile.writers.count > 0 && profile.writers.pattern != WritePattern::random,
              "writers that write in sequence (writers.pattern)");
    std::size_t shots = 0;
    for (const Trigger& trigger : profile.triggers) {
        const auto refuse = [&](bool refused, std::string_view reason) {
            refuse_if(refused, fmt::format("trigger '{}': {}", one_line(trigger.name), reason));
        };
        const bool is_fresh = trigger.disk == TriggerDisk::fresh;
        refuse(!is_kernel_file(trigger.file), "its file is not below /sys, /proc/sys or {cgroup}");
        refuse(!is_plain_ascii(trigger.file) || !std::all_of(trigger.values.begin(), trigger.values.end(),
                                                             [](auto& text) { return is_plain_ascii(text); }),
               "its file or values are not plain ASCII");
        refuse(is_fresh && trigger.values.size() != 1, "more than one value for fresh disks");
        shots += is_fresh ? profile.swap.spare : shots_of(trigger, profile).size();
    }
    refuse_if(shots > kMostShots, fmt::format("triggers with {} different writes; {} is the most", shots, kMostShots));
    refuse_if(!std::all_of(profile.guest.modules.begin(), profile.guest.modules.end(),
                           [](const std::string& module) {
                               return !module.empty() &&
                                      module.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-") == std::string::npos &&
                                      module.front() != '-';
                           }),
              "names of modules that are none (guest.modules)");
    return reasons;
}

namespace {

Error refusal(const Profile& profile, std::string_view what, const std::vector<std::string>& reasons) {
    return Error(Fault::usage, fmt::format("{} does what profile '{}' does: {}", what, one_line(profile.name),
                                           fmt::join(reasons, "; ")))
        .hint("reproduce it with blkhang: blkhang report DIR --bundle FILE.tar.zst");
}

/// Text for double quotes of a shell, in which nothing is filled in.
std::string as_description(std::string_view text) {
    std::string plain = one_line(text);
    std::replace(plain.begin(), plain.end(), '{', '(');
    std::replace(plain.begin(), plain.end(), '}', ')');
    return in_quotes(plain, "");
}

/// As locals of the shell, for the one device that blktests gives: those that `heeded` names. False if there are none.
Json locals(const std::string& heeded) {
    std::vector<std::string> all;
    for (const auto& [name, value] : {std::pair<const char*, const char*>{"disk1", "$TEST_DEV"},
                                      {"name1", "${TEST_DEV_SYSFS##*/}"},
                                      {"number1", "$(<\"$TEST_DEV_SYSFS/dev\")"},
                                      {"bytes1", "$(blockdev --getsize64 \"$TEST_DEV\")"}}) {
        if (heeded.find(name) != std::string::npos) {
            all.push_back(fmt::format("{}; {}={}", name, name, value));
        }
    }
    return all.empty() ? Json(false) : Json(fmt::format("{}", fmt::join(all, "\n\tlocal ")));
}

}  // namespace

Result<std::string> standalone_script(const Record& record, const Profile& profile, const Templates& templates) {
    if (const auto reasons = beyond_a_script(profile); !reasons.empty()) {
        return fail(refusal(profile, "no script without blkhang", reasons));
    }
    return templates.render(kStandalone, script_json(record, profile));
}

std::string blktests_output(std::string_view number) {
    return fmt::format("Running block/{}\nTest complete\n", number);
}

Result<std::string> blktests_case(const Record& record, const Profile& profile, const Templates& templates) {
    auto reasons = beyond_a_script(profile);
    const bool is_fresh = std::any_of(profile.triggers.begin(), profile.triggers.end(),
                                      [](const Trigger& trigger) { return trigger.disk == TriggerDisk::fresh; });
    if (profile.swap.disks + (has_data_disk(profile) ? 1 : 0) > 1 || is_fresh) {
        reasons.emplace_back("it takes several disks");
    }
    if (!reasons.empty()) {
        return fail(refusal(profile, "no case of blktests", reasons));
    }
    Json values = script_json(record, profile);
    values["description"] = as_description(profile.summary);
    values["assign"] = locals(naming_disks(profile));
    values["module_list"] = profile.guest.modules;
    values["least"] = values["disks"][0]["least"];
    constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
    values["used_mib"] = (values["disks"][0]["used"].get<std::uint64_t>() + kMib - 1) / kMib;
    return templates.render(kBlktests, values);
}

}  // namespace blkhang
