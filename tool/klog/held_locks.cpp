// SPDX-License-Identifier: GPL-2.0-only
#include "klog/held_locks.h"

#include "base/limits.h"
#include "klog/bare_line.h"
#include "klog/plain_line.h"

namespace blkhang {
namespace {

/// In whose stack the list is printed; that it holds the lock of the list of tasks meanwhile says nothing.
constexpr std::string_view kLister = "debug_show_all_locks";
constexpr std::string_view kIsOff = "INFO: lockdep is turned off.";
/// The last line of a list, and the first of much else.
constexpr std::string_view kRule = "=============================================";

std::string kept(std::string_view text) { return std::string(text.substr(0, limits::kName)); }

}  // namespace

void HeldLocksReader::line(std::uint64_t at_ns, std::string_view text) {
    std::string room;
    for (std::string_view rest = plain_line(text, room); !rest.empty() && !is_over_;) {
        const auto newline = rest.find('\n');
        const auto bare = bare_line(rest.substr(0, newline).substr(0, limits::kKernelLine));
        if (!bare.is_foreign && !bare.text.empty() && (!is_open_ || bare.caller == caller_)) {
            caller_ = bare.caller;
            single_line(at_ns, bare.text, bare.has_prefix);
        }
        rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    }
}

void HeldLocksReader::single_line(std::uint64_t at_ns, std::string_view text, bool has_prefix) {
    const auto line = pieces_.add(text, has_prefix);
    if (!is_open_) {
        const bool is_off = text == kIsOff;
        if (is_off || std::holds_alternative<told::AllLocks>(line.told)) {
            found_ = HeldLocks{.at_ns = at_ns, .tasks = {}, .is_off = is_off};
            is_open_ = !is_off;
            is_over_ = is_off;
        }
        return;
    }
    if (text.starts_with(kRule)) {
        is_over_ = true;
    } else if (const auto* holder = std::get_if<told::Holder>(&line.told)) {
        on(holder->task);
    } else if (const auto* lock = std::get_if<LockView>(&line.told);
               lock != nullptr && lock->place == LockView::Place::listed) {
        on(*lock, line.is_grown_lock);
    }
}

void HeldLocksReader::on(const kernel_text::TaskView& holder) {
    if (!found_->tasks.empty() && found_->tasks.back().locks.empty()) {
        found_->tasks.pop_back();  // it ran, or had none
    }
    is_lister_ = false;
    number_.clear();
    found_->tasks.push_back({holder.pid, kept(holder.comm), {}});
}

void HeldLocksReader::on(const LockView& lock, bool is_grown) {
    if (is_lister_ || found_->tasks.empty() || lock.name.empty()) {
        return;
    }
    if (lock.taken_at == kLister) {
        found_->tasks.pop_back();
        is_lister_ = true;
        return;
    }
    auto& locks = found_->tasks.back().locks;
    // Told in pieces, it is told again with each.
    if (is_grown && !locks.empty() && lock.number == number_) {
        locks.back() = {kept(lock.name), kept(lock.taken_at)};
        return;
    }
    number_ = kept(lock.number);
    if (locks_ >= HeldLocks::kMost || locks.size() >= limits::kLogLocksOfTask) {
        ++found_->left_out;
        return;
    }
    ++locks_;
    locks.push_back({kept(lock.name), kept(lock.taken_at)});
}

}  // namespace blkhang
