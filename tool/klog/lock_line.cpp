// SPDX-License-Identifier: GPL-2.0-only
#include "klog/lock_line.h"

#include <algorithm>

#include "base/ascii.h"
#include "klog/frame.h"

namespace blkhang {
namespace {

using namespace kernel_text;

constexpr std::string_view kCountDigits = "0123456789";

/// `#12:` or `-> #12`, whose number remains.
bool skip_number(std::string_view& text, LockView& lock) {
    const auto end = std::min(text.find_first_not_of(kCountDigits), text.size());
    lock.number = text.substr(0, end);
    text = trimmed(text.substr(end));
    return end > 0;
}

/// The instance: `ffff888000000001`, or what stands for it until random numbers are there (4.15): `(____ptrval____)`.
bool skip_address(std::string_view& text) {
    const auto digits = hex_digits(text);
    auto rest = trimmed(text.substr(digits));
    const bool is_hidden = skip(rest, "(____ptrval____)") || skip(rest, "(ptrval)");
    const bool is_alone = rest.empty() && digits >= 8;
    if (!is_hidden && !is_alone && (digits == 0 || !rest.starts_with('('))) {
        return false;
    }
    text = trimmed(rest);
    return true;
}

void read_place(std::string_view text, LockView& lock) {
    const auto at = after(text, "at:");
    if (!at) {
        return;
    }
    if (const auto frame = frame_in(*at)) {
        lock.taken_at = frame->function;
        lock.inlined = frame->inlined;
    } else if (auto rest = trimmed(*at); !rest.empty()) {
        lock.taken_at = next_word(rest);
        lock.inlined = contains(rest, "[inline]");
    }
    lock.whole = !lock.taken_at.empty();
}

}  // namespace

std::optional<LockView> lock_in(std::string_view line) {
    LockView lock;
    auto text = trimmed(line);
    if (skip(text, "-> #")) {
        lock.place = LockView::Place::link;
        if (!skip_number(text, lock)) {
            return std::nullopt;
        }
    } else if (skip(text, "#")) {
        lock.place = LockView::Place::listed;
        if (!skip_number(text, lock) || !skip(text, ":")) {
            return std::nullopt;
        }
        text = trimmed(text);
    }
    const bool has_address = skip_address(text);
    if (text.empty()) {
        return has_address || lock.place != LockView::Place::alone ? std::optional(lock) : std::nullopt;
    }
    if (text.front() != '(') {
        return std::nullopt;
    }
    const auto close = text.find("){");
    if (close == std::string_view::npos) {
        // The beginning of one, if nothing else: "(pcpu_all", "(".
        return has_address || lock.place != LockView::Place::alone || text == "(" ? std::optional(lock) : std::nullopt;
    }
    lock.name = trimmed(text.substr(1, close - 1));
    lock.whole = lock.place == LockView::Place::link;
    read_place(text.substr(close + 2), lock);
    return lock;
}

std::optional<std::string_view> lock_in_scenario(std::string_view text) {
    for (const std::string_view call : {"lock(", "rlock(", "sync("}) {
        if (text.starts_with(call) && text.ends_with(");")) {
            return text.substr(call.size(), text.size() - call.size() - 2);
        }
    }
    return std::nullopt;
}

std::optional<TaskView> lock_holder(std::string_view text) {
    auto rest = text;
    rest.remove_prefix(std::min(rest.find_first_not_of(kCountDigits), rest.size()));
    skip(rest, "no");
    rest = trimmed(rest);
    if (!skip(rest, "locks held by ") && !skip(rest, "lock held by ")) {
        return std::nullopt;
    }
    const auto slash = rest.rfind('/');
    const auto end = slash == std::string_view::npos ? slash : rest.find_first_of(":.", slash);
    return slash == std::string_view::npos ? std::nullopt : named_task(rest.substr(0, end), '/');
}

std::optional<TaskView> lock_taker(std::string_view text) {
    if (!text.ends_with(':')) {
        return std::nullopt;
    }
    for (const std::string_view what : {" is trying to acquire lock:", " is trying to lock:", " is trying to acquire:",
                                        " takes:", " just changed the state of lock:"}) {
        if (text.ends_with(what)) {
            auto task = text.substr(0, text.size() - what.size());
            task = task.substr(0, task.find(" [HC"));
            return named_task(task, '/');
        }
    }
    return std::nullopt;
}

bool is_already_holding(std::string_view text) {
    return text.starts_with("but task is already holding") || text.starts_with("and this task is already holding");
}

}  // namespace blkhang
