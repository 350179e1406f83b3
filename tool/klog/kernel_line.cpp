// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_line.h"

#include "base/ascii.h"

namespace blkhang {
namespace {

using namespace kernel_text;

/// Headings and ends: whole lines, or nearly.
KernelLine heading(std::string_view text) {
    for (const std::string_view trace : {"Call Trace:", "Call trace:", "Backtrace:"}) {
        if (text.starts_with(trace)) {
            return told::TraceBegins{trimmed(text.substr(trace.size()))};
        }
    }
    if (text == "</TASK>" || text.starts_with("Last Breaking-Event-Address:")) {
        return told::TraceEnds{};
    }
    if (text.starts_with("stack backtrace:")) {
        return told::StackBacktrace{};
    }
    if (text.starts_with("Showing all locks held")) {
        return told::AllLocks{};
    }
    if (is_already_holding(text)) {
        return told::AlreadyHolding{};
    }
    if (text.starts_with("NMI backtrace for cpu ") || text.starts_with("Sending NMI ")) {
        return told::OtherCpu{};
    }
    if (text.starts_with("inconsistent {")) {
        return told::LockStates{text};
    }
    return told::Nothing{};
}

KernelLine of_rcu(std::string_view text) {
    if (contains(text, " grace-period kthread stack dump")) {
        return told::Kthread{};
    }
    if (contains(text, "Tasks blocked on level-")) {
        const auto tasks = after(text, "): ");
        return told::RcuBlockers{tasks.value_or(std::string_view{})};
    }
    return told::Nothing{};
}

template <class T>
bool found(KernelLine& line, const std::optional<T>& part) {
    if (part) {
        line = *part;
    }
    return part.has_value();
}

constexpr std::string_view kBanner = "Linux version ";

/// The kernel's release in a line of its own.
KernelLine release(std::string_view text) {
    const bool is_banner = text.starts_with(kBanner);
    const bool may_tell = text.size() < 256 && (ascii::is_digit(text.front()) || text.starts_with("Not tainted ") ||
                                                text.starts_with("Tainted: "));
    const auto told = is_banner || may_tell ? release_in(text) : std::string_view{};
    return told.empty() ? KernelLine{told::Nothing{}} : told::Release{told, is_banner};
}

}  // namespace

KernelLine kernel_line(std::string_view text) {
    KernelLine line;
    if (text.empty()) {
        return line;
    }
    if (found(line, frame_in(text)) && std::get<FrameView>(line).certain) {
        return line;
    }
    if (found(line, blocker_in(text)) || found(line, headline_in(text))) {
        return line;
    }
    if (const auto task = dumped_task(text)) {
        return told::Task{*task};
    }
    if (found(line, running_task(text)) || found(line, lock_in(text)) || found(line, proc_stack_in(text))) {
        return line;
    }
    if (const auto holder = lock_holder(text)) {
        return told::Holder{*holder};
    }
    if (const auto taker = lock_taker(text)) {
        return told::Taker{*taker};
    }
    if (auto heads = heading(text); !std::holds_alternative<told::Nothing>(heads)) {
        return heads;
    }
    if (text.starts_with("rcu: ") || text.starts_with("RCU ") || text.starts_with("Tasks blocked")) {
        return of_rcu(text);
    }
    if (const auto name = lock_in_scenario(text)) {
        return told::ScenarioLock{*name};
    }
    if (text.starts_with(kBanner)) {  // it ends reports, too, and tells more than that
        return release(text);
    }
    if (ends_report(text)) {
        return told::StoryEnds{};
    }
    if (std::holds_alternative<FrameView>(line)) {
        return line;  // not certain
    }
    return release(text);
}

std::optional<std::int32_t> next_rcu_blocker(std::string_view& tasks) {
    while (!tasks.empty()) {
        auto word = next_word(tasks);
        if (skip(word, "P") && !word.empty() && ascii::is_digit(word.front())) {
            return leading_number(word);
        }
    }
    return std::nullopt;
}

}  // namespace blkhang
