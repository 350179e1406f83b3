// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/advice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blkhang {
namespace {

std::string of_this_kernel(const MemberKnowledge& member, std::string_view release) {
    const auto version = kernel_version(release);
    if (!version) {
        return "The log does not say of which kernel it is (--kernel RELEASE does).";
    }
    const auto* series = series_of(member, *version);
    if (series == nullptr) {
        return fmt::format("Nothing is known of {} kernels: their sources were not read for this.",
                           to_string(*version));
    }
    if (!series->otherwise.empty()) {
        return fmt::format("The log is of {}. By source and measurement, in {} ({}) {}.", release, series->version,
                           series->read, series->otherwise);
    }
    return series->open
               ? fmt::format(
                     "The log is of {}, and {} has it (read in {}); stable releases and distributions move fixes.",
                     release, series->version, series->read)
               : fmt::format(
                     "The log is of {}, and by its source {} does not have this circle of locks ({}): look for a "
                     "module or a patch that brings it back.",
                     release, series->version, series->read);
}

std::string known_in(const MemberKnowledge& member) {
    std::vector<std::string_view> open;
    std::vector<std::string_view> otherwise;
    std::vector<std::string_view> closed;
    for (const auto& series : member.series) {
        auto& of_its_kind = !series.open ? closed : series.otherwise.empty() ? open : otherwise;
        of_its_kind.push_back(series.version);
    }
    std::string text = fmt::format("Of the kernels whose sources were read, {} have it", fmt::join(open, ", "));
    if (!otherwise.empty()) {
        text += fmt::format("; {} can hang in another way", fmt::join(otherwise, ", "));
    }
    if (!closed.empty()) {
        text += fmt::format("; {} have not", fmt::join(closed, ", "));
    }
    return text + ".";
}

}  // namespace

std::vector<std::string> about(const MemberKnowledge& member, std::string_view release) {
    std::vector<std::string> lines{fmt::format("{}: {}, then {}.", member.name, member.trigger, member.circle)};
    if (!member.opened.empty()) {
        lines.push_back(fmt::format("Opened: {}.", member.opened));
    }
    lines.push_back(fmt::format("Closed: {}.", member.closed));
    lines.push_back(known_in(member));
    lines.push_back(of_this_kernel(member, release));
    lines.push_back(fmt::format("Until then: {}.", member.until_then));
    lines.push_back(fmt::format("To provoke it in a guest: {}", provoking_command(member, release)));
    return lines;
}

std::string provoking_command(const MemberKnowledge& member, std::string_view release) {
    if (!member.has_profile) {
        return fmt::format(
            "no profile is shipped for {}; one of your own makes the write that sets it off "
            "(profiles/README.md)",
            member.name);
    }
    const auto version = kernel_version(release);
    const auto* series = version ? series_of(member, *version) : nullptr;
    const bool debians = series != nullptr && series->open && is_packaged(*series);
    std::string command = fmt::format("blkhang run {} --guest {}", member.name,
                                      debians ? fmt::format("deb:{}", series->version) : "KERNEL");
    for (const std::string_view set : member.set) {
        command += fmt::format(" --set {}", set);
    }
    if (!debians) {
        command += ", KERNEL being the very one of the log (file:BZIMAGE, tree:DIR)";
    }
    return command;
}

std::vector<std::string> how_to_capture(Lack lack) {
    const std::string dump =
        "while it stands: echo 1 > /proc/sys/kernel/sysrq; echo w > /proc/sysrq-trigger; sleep 10; echo w > "
        "/proc/sysrq-trigger; and then what dmesg prints. Twice, because only who has not moved stands still";
    switch (lack) {
        case Lack::stacks:
            return {
                "sysctl kernel.hung_task_timeout_secs=30 kernel.hung_task_warnings=-1, in advance, makes the kernel "
                "print who is blocked",
                dump,
                "where nothing can be typed any more: Alt-SysRq-w on the keyboard, a BREAK and w on the serial "
                "console, or a log that leaves the machine (modprobe netconsole netconsole=@/,@HOST/)",
                "then: blkhang diagnose FILE"};
        case Lack::holder:
            return {
                "the hung-task detector does not print who sleeps killably, as all do since 4.17 that wait for "
                "pcpu_alloc_mutex with a queue frozen: SysRq-w does",
                dump, "then: blkhang diagnose FILE"};
        case Lack::second_look:
            return {dump, "then: blkhang diagnose FILE"};
    }
    return {};
}

}  // namespace blkhang
