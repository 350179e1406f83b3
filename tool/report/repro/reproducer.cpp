// SPDX-License-Identifier: GPL-2.0-only
#include "report/repro/reproducer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>

#include "base/shell.h"
#include "base/sizes.h"
#include "profile/fields.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/archive.h"
#include "record/files.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr const char* kScript = "reproduce.sh.mustache";
constexpr std::string_view kStandIn = " standing for ";

struct ToText {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const std::vector<std::string>& value) const {
        return fmt::format("{}", fmt::join(value, ","));
    }
};

/// What --set has to say to make the one of the other; nothing where it cannot.
std::optional<std::vector<std::string>> sets_between(const Profile& from, const Profile& to) {
    std::vector<std::string> sets;
    Profile made = from;
    for (const Field& field : fields()) {
        const auto was = field.get(from);
        const auto is = field.get(to);
        if (field.identity || !is || was == is) {
            continue;
        }
        sets.push_back(fmt::format("{}={}", field.key, std::visit(ToText{}, *is)));
        if (!set_field(made, sets.back())) {
            return std::nullopt;
        }
    }
    return same_settings(made, to) ? std::optional(sets) : std::nullopt;
}

/// "1 process", "2 processes".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string_view words_for(SwapKind kind) {
    switch (kind) {
        case SwapKind::virtio:
            return "virtio-blk";
        case SwapKind::null_blk:
            return "null_blk";
        case SwapKind::nbd:
            return "nbd, served by a process of the guest,";
    }
    return "virtio-blk";
}

std::string place_of(const Trigger& trigger) {
    std::string file = trigger.file;
    for (const auto& [name, words] :
         {std::pair<std::string, std::string>{"{disk}", "DISK"}, {"{number}", "MAJOR:MINOR"}, {"{cgroup}", "CGROUP"}}) {
        for (auto at = file.find(name); at != std::string::npos; at = file.find(name)) {
            file.replace(at, name.size(), words);
        }
    }
    return file;
}

std::string trigger_words(const Trigger& trigger) {
    std::vector<std::string> values;
    for (const std::string& value : trigger.values) {
        values.push_back(fmt::format("'{}'", value));
    }
    const std::string_view disk = trigger.disk == TriggerDisk::swap   ? "the swap disk"
                                  : trigger.disk == TriggerDisk::data ? "the writers' disk"
                                                                      : "a disk that has just become swap";
    const std::string write = fmt::format("write {} to {} ({})", fmt::join(values, ", then "), place_of(trigger), disk);
    if (trigger.phase == TriggerPhase::stage) {
        return fmt::format("Before the load: {}.", write);
    }
    return fmt::format("From {} into the load on, every {}: {}.", format_duration(trigger.delay),
                       format_duration(trigger.every), write);
}

}  // namespace

std::string exact_kernel(std::string_view run_kernel) {
    if (const auto at = run_kernel.rfind(kStandIn); at != std::string_view::npos) {
        run_kernel.remove_prefix(at + kStandIn.size());
    }
    const auto open = run_kernel.find(" (");
    if (!run_kernel.starts_with("deb:") || open == std::string_view::npos || !run_kernel.ends_with(')')) {
        return {};
    }
    const auto spec = run_kernel.substr(0, open);
    const auto inside = run_kernel.substr(open + 2, run_kernel.size() - open - 3);
    if (const auto space = inside.find(' '); space != std::string_view::npos) {
        return fmt::format("deb:{}={}", inside.substr(0, space), inside.substr(space + 1));
    }
    const auto suite = spec.find('@');
    const auto package = spec.substr(0, std::min(spec.find('='), suite));
    return fmt::format("{}={}{}", package, inside, suite == std::string_view::npos ? "" : spec.substr(suite));
}

std::string kernel_as_asked_for(std::string_view run_kernel) {
    const auto spec = run_kernel.substr(0, run_kernel.find(kStandIn));
    return std::string(spec.starts_with("deb:") ? spec.substr(0, spec.find(" (")) : spec);
}

bool was_on_host(const Record& record) { return record.run.site == "host"; }

bool is_built_in(const std::string& profile) {
    const auto names = shipped_profiles();
    return std::find(names.begin(), names.end(), profile) != names.end();
}

bool same_settings(const Profile& one, const Profile& other) {
    Profile alike = other;
    for (const Field& field : fields()) {
        if (field.identity) {
            field.set(alike, *field.get(one));
        }
    }
    return to_toml(alike) == to_toml(one);
}

bool is_as_shipped(const Profile& profile) {
    return is_built_in(profile.name) && same_settings(profile, load_profile(profile.name).value());
}

Reproducer reproducer_of(const Record& record, const Profile* resolved, const Profile* shipped) {
    Reproducer made{exact_kernel(one_line(record.run.kernel)), one_line(record.plant), one_line(record.profile.name)};
    if (resolved == nullptr) {
        return made;
    }
    const auto sets = shipped == nullptr ? std::nullopt : sets_between(*shipped, *resolved);
    if (sets) {
        made.sets = *sets;
    } else {
        made.profile = fmt::format("./{}", files::kProfile);
    }
    return made;
}

std::vector<std::string> arguments(const Reproducer& reproducer) {
    std::vector<std::string> all{shell_quoted(reproducer.profile), "--guest",
                                 reproducer.kernel.empty() ? "KERNEL" : shell_quoted(reproducer.kernel)};
    if (!reproducer.plant.empty()) {
        all.insert(all.end(), {"--plant", shell_quoted(reproducer.plant)});
    }
    for (const std::string& set : reproducer.sets) {
        all.insert(all.end(), {"--set", shell_quoted(set)});
    }
    return all;
}

std::string command_lines(const Reproducer& reproducer, std::size_t columns, std::size_t indent) {
    constexpr std::size_t kBackslash = 2;
    std::string text;
    std::string line(indent, ' ');
    line += "blkhang run";
    const auto all = arguments(reproducer);
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string piece = all[i];
        if (piece.starts_with("--") && i + 1 < all.size()) {  // an option and its value stay together
            piece += " " + all[++i];
        }
        if (line.size() + 1 + piece.size() + kBackslash > columns) {
            text += line + " \\\n";
            line = std::string(indent + 3, ' ');
        }
        line += " " + piece;
    }
    return text + line + "\n";
}

std::vector<std::string> by_hand(const Profile& profile) {
    std::vector<std::string> steps;
    steps.push_back(fmt::format("A guest of {} and {} ({} possible), with {} of {} as swap ({}).",
                                format_size(profile.guest.memory), counted(profile.guest.cpus, "CPU", "CPUs"),
                                profile.guest.possible_cpus, counted(profile.swap.disks, "disk", "disks"),
                                format_size(profile.swap.size), words_for(profile.swap.device)));
    if (profile.churn.workers > 0) {
        steps.push_back(fmt::format(
            "{} in a loop: make a cgroup with IO limits, put a writer of {} into it, remove the oldest of {}.",
            counted(profile.churn.workers, "process", "processes"), format_size(profile.churn.member_memory),
            profile.churn.ring));
    }
    if (const auto churners = profile.percpu.churners + profile.percpu.flushers; churners > 0) {
        steps.push_back(
            fmt::format("{} in a loop: make a BPF per-CPU array ({} of {}), close the oldest of {}{}.",
                        counted(churners, "process", "processes"), counted(profile.percpu.entries, "entry", "entries"),
                        format_size(profile.percpu.value_size), profile.percpu.maps,
                        profile.percpu.flushers == 0
                            ? ""
                            : fmt::format("; {} of them under PR_SET_IO_FLUSHER", profile.percpu.flushers)));
    }
    if (profile.pressure.vm > 0) {
        steps.push_back(fmt::format("Memory pressure: stress-ng --vm {} --vm-bytes {}.", profile.pressure.vm,
                                    format_size(profile.pressure.vm_bytes)));
    }
    if (profile.writers.count > 0) {
        steps.push_back(fmt::format("{}, each in a throttled cgroup of its own.",
                                    counted(profile.writers.count, "writer", "writers")));
    }
    for (const Trigger& trigger : profile.triggers) {
        steps.push_back(trigger_words(trigger));
    }
    return steps;
}

Result<std::string> reproduce_script(const Record& record, const Templates& templates) {
    const Reproducer run = reproducer_of(record, nullptr, nullptr);
    return templates.render(kScript, Json{{"run", true},
                                          {"profile", one_line(record.profile.name)},
                                          {"release", one_line(record.kernel.release)},
                                          {"kernel", shell_quoted(run.kernel)},
                                          {"plant", run.plant.empty() ? Json(false) : Json(shell_quoted(run.plant))}});
}

Result<std::string> reproduce_matrix_script(const Templates& templates) {
    return templates.render(kScript, Json{{"matrix", true}});
}

}  // namespace blkhang
