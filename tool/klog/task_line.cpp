// SPDX-License-Identifier: GPL-2.0-only
#include "klog/task_line.h"

#include <algorithm>

#include "base/ascii.h"

namespace blkhang {
namespace {

using namespace kernel_text;

constexpr std::string_view kStates = "RSDTtXZPIKWNx";

std::optional<TaskView> in_fields(std::string_view text) {
    if (!skip(text, "task:")) {
        return std::nullopt;
    }
    const auto sides = split(text, " state:");
    const auto pid = sides ? after(sides->second, " pid:") : std::nullopt;
    const auto number = pid ? leading_number(*pid) : std::nullopt;
    if (!number || sides->second.empty()) {
        return std::nullopt;
    }
    return TaskView{trimmed(sides->first), *number, sides->second.front()};
}

/// Takes the last word off; empty if it does not consist of these characters.
std::string_view last_word_of(std::string_view& text, std::string_view characters) {
    text = trimmed(text);
    const auto at = text.find_last_of(" \t");
    const auto word = at == std::string_view::npos ? text : text.substr(at + 1);
    if (word.empty() || word.find_first_not_of(characters) != std::string_view::npos) {
        return {};
    }
    text.remove_suffix(word.size());
    return word;
}

/// `D`, `D13832`, `R  running task        0`, `D ffff88007fc13780     0`: the columns from the state on.
bool is_state_and_more(std::string_view text) {
    if (text.empty() || !contains(kStates, text.substr(0, 1))) {
        return false;
    }
    auto rest = trimmed(text.substr(1));
    if (skip(rest, "running task")) {
        rest = trimmed(rest);
    }
    return !rest.empty() && rest.find_first_not_of("0123456789abcdefx ") == std::string_view::npos;
}

/// From behind, for the name is a task's own choice: flags, father, pid, and what is left of it is the name and the
/// state.
std::optional<TaskView> in_columns(std::string_view text) {
    if (text.empty() || !ascii::is_hex(text.back())) {
        return std::nullopt;
    }
    const auto flags = last_word_of(text, "0123456789abcdefx");
    if (flags.size() < 10 || !flags.starts_with("0x")) {
        return std::nullopt;
    }
    const auto father = last_word_of(text, "0123456789");
    const auto pid = whole_number(last_word_of(text, "0123456789"));
    if (father.empty() || !pid) {
        return std::nullopt;
    }
    text = trimmed(text);
    constexpr std::size_t kNameColumns = 15;
    if (text.size() > kNameColumns + 1 && text[kNameColumns] == ' ' &&
        is_state_and_more(text.substr(kNameColumns + 1))) {
        return TaskView{trimmed(text.substr(0, kNameColumns)), *pid, text[kNameColumns + 1]};
    }
    // Mail programs and people take blanks out.
    for (auto at = text.find(' '); at != std::string_view::npos && at <= 2 * kNameColumns;
         at = text.find(' ', at + 1)) {
        if (is_state_and_more(text.substr(at + 1))) {
            return TaskView{trimmed(text.substr(0, at)), *pid, text[at + 1]};
        }
    }
    return std::nullopt;
}

/// The first word that begins like `6.1`.
std::string_view release_at(std::string_view text) {
    while (!(text = trimmed(text)).empty()) {
        const auto word = next_word(text);
        const auto dot = word.find('.');
        if (ascii::is_digit(word.front()) && dot != std::string_view::npos && dot + 1 < word.size() &&
            ascii::is_digit(word[dot + 1]) && word.find_first_not_of("0123456789") == dot) {
            return word;
        }
    }
    return {};
}

std::string_view without_mark(std::string_view task) { return trimmed(task.substr(0, task.find(" <"))); }

}  // namespace

std::optional<TaskView> dumped_task(std::string_view text) {
    return text.starts_with("task:") ? in_fields(text) : in_columns(text);
}

std::optional<RunningTask> running_task(std::string_view text) {
    const bool is_ancient = text.starts_with("Pid: ");
    if (!is_ancient && !text.starts_with("CPU: ")) {
        return std::nullopt;
    }
    const auto pid = after(text, is_ancient ? "Pid: " : " PID: ");
    const auto comm = pid ? after(*pid, is_ancient ? ", comm: " : " Comm: ") : std::nullopt;
    const auto number = pid ? leading_number(*pid) : std::nullopt;
    if (!comm || !number) {
        return std::nullopt;
    }
    const auto end =
        std::min({comm->find(" Not tainted"), comm->find(" Tainted: "), comm->find(" Kdump: "), comm->size()});
    return RunningTask{{comm->substr(0, end), *number, {}}, release_in(comm->substr(end))};
}

std::string_view release_in(std::string_view text) {
    if (auto rest = text; skip(rest, "Linux version ")) {
        return release_at(rest.substr(0, 64));
    }
    if (!contains(text, "ainted")) {
        return {};
    }
    const auto tainted = text.find("ainted");
    if (tainted == std::string_view::npos) {
        return {};
    }
    const auto behind = release_at(text.substr(tainted).substr(0, 256));
    return behind.empty() && ascii::is_digit(text.front()) ? release_at(text.substr(0, tainted).substr(0, 64)) : behind;
}

std::optional<BlockerLine> blocker_in(std::string_view text) {
    if (!skip(text, "INFO: task ")) {
        return std::nullopt;
    }
    const auto sides = split(text, "blocked on a");
    if (!sides) {
        return std::nullopt;
    }
    auto [waiter, what] = *sides;
    waiter = trimmed(waiter);
    if (waiter.ends_with(" is")) {
        waiter.remove_suffix(3);
    }
    skip(what, "n");
    what = trimmed(what);
    const auto task = named_task(without_mark(waiter), ':');
    if (!task) {
        return std::nullopt;
    }
    BlockerLine line{*task, what.substr(0, what.find_first_of(" ,")), {}};
    for (const std::string_view mark : {" owned by task ", " held by task "}) {
        if (auto owner = after(what, mark)) {
            if (owner->ends_with('.')) {
                owner->remove_suffix(1);
            }
            line.owner = named_task(without_mark(*owner), ':');
        }
    }
    return line;
}

std::optional<ProcStackLine> proc_stack_in(std::string_view text) {
    skip(text, "==> ");
    if (!skip(text, "/proc/")) {
        return std::nullopt;
    }
    auto pid = leading_number(text);
    text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
    if (skip(text, "/task/")) {
        pid = leading_number(text);
        text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
    }
    if (!pid || !skip(text, "/stack")) {
        return std::nullopt;
    }
    skip(text, ":");
    text = trimmed(text);
    skip(text, "<==");
    return ProcStackLine{*pid, trimmed(text)};
}

}  // namespace blkhang
