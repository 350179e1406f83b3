// SPDX-License-Identifier: GPL-2.0-only
#include "stage/undo.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/number.h"
#include "stage/null_disk.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr auto kBetweenTries = std::chrono::milliseconds(20);
/// For a child to say that it has given up, its last try included. The service manager is asked twice, for up to 5 s
/// each (LinuxSyscalls::stop_unit()).
constexpr auto kAnswerTime = std::chrono::seconds(1);
constexpr auto kAnswerTimeOfScope = std::chrono::seconds(12);
/// Processes get this long to end before the first swap is switched off; then it goes on all the same.
constexpr auto kKillTime = std::chrono::seconds(2);

/// How a child answers: a word, and why.
constexpr char kUndone = 'u', kWasGone = 'g', kStands = 's', kLeft = 'l';

std::string try_to_undo(const ChangedMachine& machine, const MachineChange& change, Deadline deadline, bool only_look) {
    bool tried = false;
    for (;;) {
        const auto now = stands(machine, change);
        if (now && !*now) {
            return {tried ? kUndone : kWasGone};
        }
        if (now && only_look) {
            return {kStands};
        }
        auto done = now ? Status() : Status(fail(now.error()));
        if (now) {
            tried = true;
            done = undo_once(machine, change);
        }
        if (done && !stands(machine, change).value_or(true)) {
            return {kUndone};
        }
        if (deadline.passed() || (!done && done.error().fault() == Fault::unsupported) || only_look) {
            return kLeft + (done ? std::string("it stays as it is") : done.error().message());
        }
        std::this_thread::sleep_for(kBetweenTries);
    }
}

template <class Kind>
bool is_any(const std::vector<MachineChange>& changes, const auto& condition) {
    return std::ranges::any_of(changes, [&](const MachineChange& change) {
        const auto* one = std::get_if<Kind>(&change);
        return one != nullptr && condition(*one);
    });
}

/// The group of a change; null if it is none.
const fs::path* group_of(const MachineChange& change) {
    if (const auto* group = std::get_if<change::Cgroup>(&change)) {
        return &group->directory;
    }
    const auto* scope = std::get_if<change::Scope>(&change);
    return scope != nullptr ? &scope->directory : nullptr;
}

/// Where a change is, for what leads there; null if that is not a matter of paths.
const fs::path* place_of(const MachineChange& change) {
    if (const auto* group = group_of(change)) {
        return group;
    }
    if (const auto* directory = std::get_if<change::Directory>(&change)) {
        return &directory->path;
    }
    if (const auto* file = std::get_if<change::File>(&change)) {
        return &file->path;
    }
    if (const auto* mount = std::get_if<change::Mount>(&change)) {
        return &mount->where;
    }
    if (const auto* disk = std::get_if<change::NullDisk>(&change)) {
        return &disk->directory;
    }
    return nullptr;
}

/// Does the second lie in the first?
bool leads_to(const fs::path& first, const fs::path& second) {
    return std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first == first.end();
}

/// Undoes one change after the other, and remembers what is left.
class Undoing {
public:
    Undoing(const std::vector<MachineChange>& changes, const ChangedMachine& machine, const UndoTerms& terms)
        : changes_(changes), machine_(machine), terms_(terms) {
        for (const auto& change : changes) {
            if (const auto* process = std::get_if<change::Process>(&change)) {
                processes_.insert(process->pid);
            }
        }
    }

    UndoReport all() {
        if (terms_.same_boot && !terms_.only_look) {
            end_processes();
        }
        for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
            report_.changes.push_back(one(*change));
            const auto& undone = report_.changes.back();
            if (undone.state == UndoState::left || undone.state == UndoState::held) {
                left_.push_back(*change);
                report_.needs_reboot |= std::holds_alternative<change::Swap>(*change);
            }
        }
        return std::move(report_);
    }

private:
    /// What lives on after the process that started it, such as a virtual machine, would fill the swap again.
    void end_processes() {
        const bool serves_disks = is_any<change::UserDisk>(changes_, [](const auto&) { return true; });
        for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
            if (const auto* group = group_of(*change); group != nullptr && !(serves_disks && serves(*group))) {
                static_cast<void>(
                    terms_.apart([&] { return end_processes_of(*group); }, Deadline::after(kKillTime + kAnswerTime)));
            }
        }
    }
    std::string end_processes_of(const fs::path& group) const {
        const auto deadline = Deadline::after(kKillTime);
        while (!processes_in_group(group).empty() && kill_group(machine_, group) && !deadline.passed()) {
            std::this_thread::sleep_for(kBetweenTries);
        }
        return "";
    }
    /// Is a process in there that was told by itself? It may be one that a disk is served by.
    [[nodiscard]] bool serves(const fs::path& group) const {
        return std::ranges::any_of(processes_in_group(group), [&](pid_t pid) { return processes_.contains(pid); });
    }

    UndoneChange one(const MachineChange& change) {
        if (!terms_.same_boot && !outlives_boot(machine_, change)) {
            return {change, UndoState::rebooted};
        }
        if (const auto* on = what_rests_on(change)) {
            return {change, UndoState::held, fmt::format("{} rests on it", words_for(*on))};
        }
        const auto* swap = std::get_if<change::Swap>(&change);
        const auto answer = swap != nullptr && !terms_.only_look ? switched_off(*swap) : tried(change);
        if (!answer) {
            return {change, UndoState::left, answer.error().message()};
        }
        if (!*answer || (*answer)->empty()) {
            report_.needs_reboot = true;
            return {change, UndoState::left, "what was to undo it is stuck in the kernel"};
        }
        switch ((*answer)->front()) {
            case kUndone:
                return {change, UndoState::undone};
            case kWasGone:
                return {change, UndoState::was_gone};
            case kStands:
                return {change, UndoState::stands};
            default:
                return {change, UndoState::left, (*answer)->substr(1)};
        }
    }

    using Answer = Result<std::optional<std::string>>;
    [[nodiscard]] Answer tried(const MachineChange& change) const {
        const auto patience = terms_.patience(change);
        const bool is_scope = std::holds_alternative<change::Scope>(change);
        return terms_.apart([&] { return try_to_undo(machine_, change, Deadline::after(patience), terms_.only_look); },
                            Deadline::after(patience + (is_scope ? kAnswerTimeOfScope : kAnswerTime)));
    }
    /// To read back what a large swap holds takes as long as it takes: it is tried again while that gets less, by so
    /// much each time that there is an end to it.
    [[nodiscard]] Answer switched_off(const change::Swap& swap) const {
        constexpr std::uint64_t kMostTries = 64;
        const auto at_first = bytes_in(swap);
        for (auto held = at_first;;) {
            auto answer = tried(swap);
            const bool is_off = answer && *answer && !(*answer)->empty() && (*answer)->front() != kLeft;
            const auto now = is_off ? 0 : bytes_in(swap);
            if (now == 0 || now + at_first / kMostTries >= held) {
                return answer;
            }
            held = now;
        }
    }
    /// 0 as well if the kernel does not say.
    [[nodiscard]] std::uint64_t bytes_in(const change::Swap& swap) const {
        const auto said = terms_.apart(
            [&] {
                const auto held = held_by(machine_, swap);
                return std::to_string(held ? held->value_or(0) : 0);
            },
            Deadline::after(kAnswerTime));
        return said && *said ? number_in<std::uint64_t>(**said).value_or(0) : 0;
    }

    [[nodiscard]] const MachineChange* what_rests_on(const MachineChange& change) const {
        const auto found = std::ranges::find_if(left_, [&](const MachineChange& left) {
            const auto* swap = std::get_if<change::Swap>(&left);
            if (swap != nullptr && is_made_of(swap->disk, change)) {
                return true;
            }
            const auto* place = place_of(change);
            const auto* of_left = place_of(left);
            return place != nullptr && of_left != nullptr && leads_to(*place, *of_left);
        });
        return found == left_.end() ? nullptr : &*found;
    }
    /// Does the swap need it to read back what it holds?
    [[nodiscard]] bool is_made_of(const fs::path& swap, const MachineChange& change) const {
        return std::visit([&](const auto& one) { return is_part(swap, one); }, change);
    }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::SwapHeader& one) const { return one.disk == swap; }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::LoopDisk& one) const { return one.disk == swap; }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::UserDisk& one) const { return one.disk == swap; }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::NullDisk& one) const {
        const auto names = null_disk_names(one.directory);
        return swap.parent_path() == machine_.roots.dev() &&
               std::ranges::find(names, swap.filename().string()) != names.end();
    }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::File& one) const {
        return one.path == swap || is_any<change::LoopDisk>(changes_, [&](const auto& loop) {
                   return loop.disk == swap && loop.file == one.path;
               });
    }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::Module& one) const {
        const auto is_swap = [&](const auto& disk) { return is_part(swap, disk); };
        return (one.name == "null_blk" && is_any<change::NullDisk>(changes_, is_swap)) ||
               (one.name == "loop" && is_any<change::LoopDisk>(changes_, is_swap)) ||
               (one.name == "nbd" && is_any<change::UserDisk>(changes_, is_swap));
    }
    /// A disk of nbd is served by processes; which of them is not told.
    [[nodiscard]] bool is_served(const fs::path& swap) const {
        return is_any<change::UserDisk>(changes_, [&](const auto& disk) { return is_part(swap, disk); });
    }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::Process& /*one*/) const { return is_served(swap); }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::Cgroup& one) const {
        return is_served(swap) && serves(one.directory);
    }
    [[nodiscard]] bool is_part(const fs::path& swap, const change::Scope& one) const {
        return is_served(swap) && serves(one.directory);
    }
    [[nodiscard]] bool is_part(const fs::path& /*swap*/, const auto& /*one*/) const { return false; }

    const std::vector<MachineChange>& changes_;
    const ChangedMachine& machine_;
    const UndoTerms& terms_;
    std::set<pid_t> processes_;
    std::vector<MachineChange> left_;
    UndoReport report_;
};

}  // namespace

bool UndoReport::is_complete() const {
    return std::ranges::none_of(
        changes, [](const UndoneChange& one) { return one.state == UndoState::left || one.state == UndoState::held; });
}

UndoReport undo(const std::vector<MachineChange>& changes, const ChangedMachine& machine, const UndoTerms& terms) {
    return Undoing(changes, machine, terms).all();
}

}  // namespace blkhang
