// SPDX-License-Identifier: GPL-2.0-only
#include "klog/story_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/units.h"
#include "klog/task_of_caller.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using Kind = LogComplaint::Kind;

/// A report is printed in one go. On a slow console, and with a stack of every task, it takes a while; the CPUs that an
/// RCU stall asks for their stacks have ten seconds.
constexpr std::uint64_t kLongestPause = 30 * kNsPerS;
/// A list of held locks is printed right after the tasks.
constexpr std::uint64_t kSameDump = 30 * kNsPerS;

/// Who reports hung tasks. Its own stack and locks are part of the reporting.
constexpr std::string_view kReporter = "khungtaskd";

/// Where a task entered the kernel, or a kernel thread began: no frame of the same stack follows.
bool is_outermost(std::string_view function) {
    constexpr std::array<std::string_view, 14> kOutermost{"entry_SYSCALL_64_after_hwframe",
                                                          "entry_SYSCALL_64_fastpath",
                                                          "entry_SYSENTER_compat_after_hwframe",
                                                          "entry_INT80_32",
                                                          "ret_from_fork_asm",
                                                          "ret_from_fork",
                                                          "system_call_fastpath",
                                                          "el0t_64_sync",
                                                          "el0_svc_naked",
                                                          "ret_fast_syscall",
                                                          "ret_from_syscall",
                                                          "system_call_vectored_common",
                                                          "ret_from_kernel_thread",
                                                          "asm_exc_page_fault"};
    return std::ranges::find(kOutermost, function) != kOutermost.end();
}

/// "WARNING: possible recursive locking detected", "[ INFO: ... ]", "[ BUG: ... ]": what is between.
std::string_view claim(std::string_view text) {
    const bool in_bracket = skip(text, "[ ");
    for (const std::string_view beginning : {"WARNING: ", "INFO: ", "BUG: "}) {
        skip(text, beginning);
    }
    return in_bracket ? trimmed(text.substr(0, text.rfind(']'))) : text;
}

}  // namespace

void StoryThread::stop_trace() {
    now_.in_trace = false;
    now_.sink = Sink::nowhere;
}

void StoryThread::line(StoryBook& book, const ThreadLine& line) {
    const auto& at_ns = line.moment.at_ns;
    if (at_ns && latest_ns_ && *at_ns > *latest_ns_ + kLongestPause) {
        reset();
    }
    latest_ns_ = at_ns ? at_ns : latest_ns_;
    gaps_ = line.gaps;
    if (line.text.empty()) {  // ends a stack that was pasted without anything around it
        if (now_.sink == Sink::unnamed || now_.is_over) {
            stop_trace();
            now_.is_over = false;
        }
        return;
    }
    const auto whole = pieces_.add(line.text, line.has_prefix);
    if (whole.is_grown_lock) {
        take_lock(book, std::get<LockView>(whole.told), line.moment);
        return;
    }
    auto as_told = line;
    as_told.text = whole.text;
    std::visit([&](const auto& part) { on(book, as_told, part); }, whole.told);
}

/// Writes down what of a lock is known by now, and remembers whether that is all.
void StoryThread::take_lock(StoryBook& book, const LockView& lock, const LogMoment& moment) {
    if (!lock.name.empty()) {
        LockdepSplat* splat = now_.splat ? &book.splat(*now_.splat) : nullptr;
        const auto update = [&](std::vector<LogHeldLock>& locks) {
            if (now_.lock_is_told && !locks.empty()) {
                locks.back() = {std::string(lock.name), std::string(lock.taken_at)};
            } else {
                book.add_lock(locks, lock);
            }
        };
        if (now_.lock_role == LockRole::wanted && splat != nullptr) {
            splat->wants = lock.name.substr(0, limits::kName);
            splat->wants_at = lock.taken_at.substr(0, limits::kName);
        } else if (now_.lock_role == LockRole::holding && splat != nullptr) {
            splat->holding = lock.name.substr(0, limits::kName);
            update(splat->holds);
        } else if (now_.lock_role == LockRole::link && splat != nullptr && !now_.lock_is_told) {
            book.add_link(*splat, lock.name);
            now_.sink = Sink::link;
        } else if (now_.lock_role == LockRole::listed && splat != nullptr) {
            const auto known = std::ranges::find(splat->holds, lock.name, &LogHeldLock::name);
            if (known == splat->holds.end()) {
                book.add_lock(splat->holds, lock);
            } else if (!lock.taken_at.empty()) {
                // It stands in its place of the list now, not before it.
                std::rotate(known, known + 1, splat->holds.end());
                splat->holds.back().taken_at = lock.taken_at;
            }
        } else if (now_.lock_role == LockRole::listed && now_.holder) {
            if (!now_.holder_task) {
                now_.holder_task = book.add_task(*now_.holder, now_.holder_comm, moment);
            }
            if (now_.holder_task) {
                update(book.task(*now_.holder_task).holds);
            }
        }
        now_.lock_is_told = true;
    }
    if (lock.whole) {
        now_.lock_role = LockRole::none;
        now_.expected = Expected::nothing;
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const LockView& lock) {
    const bool goes_on =
        now_.lock_is_told && lock.place == LockView::Place::listed && now_.holder && lock.number == now_.lock_number;
    now_.lock_role = LockRole::none;
    if (lock.place == LockView::Place::link) {
        now_.lock_role = now_.splat ? LockRole::link : LockRole::none;
    } else if (lock.place == LockView::Place::listed) {
        now_.lock_role = now_.holder || now_.splat ? LockRole::listed : LockRole::none;
        stop_trace();
    } else if (now_.expected != Expected::nothing) {
        now_.lock_role = now_.expected == Expected::wanted ? LockRole::wanted : LockRole::holding;
    }
    if (now_.lock_role == LockRole::none) {
        return;
    }
    stop_trace();
    // A decoded list has a line for every function that was inlined; the last is where it really was taken.
    now_.lock_is_told = goes_on;
    now_.lock_number = lock.number.substr(0, limits::kName);
    take_lock(book, lock, line.moment);
}

/// The complaint is about this task, unless it is known whom it is about.
void StoryThread::blame(StoryBook& book, std::int32_t pid) const {
    if (now_.complaint && !book.complaint(*now_.complaint).pid) {
        book.complaint(*now_.complaint).pid = pid;
        if (book.open_stall == now_.complaint) {
            book.open_stall.reset();
        }
    }
}

/// Another look at a task begins, or what is told of one that was only named.
void StoryThread::look_at(StoryBook& book, const TaskView& task, const LogMoment& moment) {
    stop_trace();
    gaps_at_task_ = gaps_;
    now_.is_over = now_.is_unwanted = false;
    const auto named = std::ranges::find_if(now_.named, [&](auto index) { return book.task(index).pid == task.pid; });
    if (named != now_.named.end()) {
        now_.subject = *named;
        now_.named.erase(named);
    } else {
        now_.subject = book.add_task(task.pid, task.comm, moment);
    }
    if (now_.subject) {
        auto& look = book.task(*now_.subject);
        look.comm = look.comm.empty() ? task.comm.substr(0, limits::kName) : look.comm;
        look.state = look.state ? look.state : task.state;
    }
    now_.is_unwanted = !now_.subject;
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const Headline& headline) {
    if (is_aside(headline.kind)) {
        book.add_aside(headline.kind, headline.text, line.moment);
        return;
    }
    if (now_.kind == Kind::rcu_stall && is_starved_kthread(line.text)) {
        now_.expects_kthread = true;
        return;
    }
    if (now_.kind == Kind::oops && headline.kind == Kind::oops && !now_.subject) {
        return;  // "BUG: unable to handle ..." and "Oops: 0002 [#1]" are one
    }
    reset();
    now_.kind = headline.kind;
    now_.complaint = book.add_complaint(headline.kind, headline.text, line.moment);
    if (const auto listed = headline.kind == Kind::rcu_stall ? after(line.text, "{ ") : std::nullopt) {
        on(book, line, told::RcuBlockers{*listed});
    }
    auto task = headline.task;
    switch (headline.kind) {
        case Kind::lockdep:
            now_.splat = book.add_splat(claim(headline.text), line.moment);
            break;
        case Kind::rcu_stall:
        case Kind::hard_lockup:
            book.open_stall = now_.complaint;
            now_.expects_kthread = is_starved_kthread(line.text);
            break;
        case Kind::percpu_failure:
            task = task_of_caller(line.caller);
            break;
        default:
            break;
    }
    if (!task) {
        return;
    }
    blame(book, task->pid);
    look_at(book, *task, line.moment);
    if (!now_.subject) {
        return;
    }
    auto& look = book.task(*now_.subject);
    now_.named.push_back(*now_.subject);
    look.blocked_for_ns = headline.blocked_for_ns;
    if (headline.in_io) {
        look.blocked_by = LogBlocker{"I/O", {}, 0};
    }
    if (headline.kind == Kind::soft_lockup || headline.kind == Kind::percpu_failure) {
        look.state = 'R';
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::Task& dumped) {
    if (now_.splat) {
        reset();
    }
    const bool is_kthread = now_.expects_kthread && dumped.task.comm.starts_with("rcu");
    now_.expects_kthread = false;
    now_.holder.reset();
    look_at(book, dumped.task, line.moment);
    if (is_kthread && now_.subject) {
        book.task(*now_.subject).bystander = true;
    } else if (now_.kind == Kind::rcu_stall) {
        blame(book, dumped.task.pid);
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const RunningTask& running) {
    book.note_release(running.release, false);
    const auto& task = running.task;
    if (now_.splat) {
        auto& splat = book.splat(*now_.splat);
        if (!splat.pid) {
            splat.pid = task.pid;
            splat.comm = task.comm.substr(0, limits::kName);
            blame(book, task.pid);
        }
        return;
    }
    now_.holder.reset();
    // Nothing is wrong with a CPU that idles, unless it is complained of.
    const bool is_reporting = task.comm == kReporter && now_.kind != Kind::soft_lockup;
    const bool is_complained_of =
        now_.kind == Kind::soft_lockup || now_.kind == Kind::hard_lockup || now_.kind == Kind::oops;
    if (is_reporting || (task.pid == 0 && !is_complained_of)) {
        stop_trace();
        now_.subject.reset();
        now_.is_unwanted = true;
        return;
    }
    look_at(book, task, line.moment);
    if (now_.subject) {
        book.task(*now_.subject).state = 'R';
    }
    if (now_.kind && now_.kind != Kind::hung_task && now_.kind != Kind::blocked_tasks &&
        now_.kind != Kind::workqueue_lockup) {
        blame(book, task.pid);
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const BlockerLine& blocker) {
    stop_trace();
    now_.is_over = true;
    auto waiter = book.latest_of(blocker.waiter.pid);
    if (!waiter || (book.task(*waiter).blocked_by && book.task(*waiter).blocked_by->pid != 0)) {
        waiter = book.add_task(blocker.waiter.pid, blocker.waiter.comm, line.moment);
    }
    if (waiter) {
        const auto owner = blocker.owner.value_or(TaskView{});
        book.task(*waiter).blocked_by = LogBlocker{std::string(blocker.lock.substr(0, limits::kName)),
                                                   std::string(owner.comm.substr(0, limits::kName)), owner.pid};
    }
    if (blocker.owner) {  // whose trace comes next
        now_.subject.reset();
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const ProcStackLine& proc) {
    if (!now_.subject || book.task(*now_.subject).pid != proc.pid || now_.kind) {
        reset();
        look_at(book, {{}, proc.pid, {}}, line.moment);
    }
    if (const auto frame = frame_in(proc.rest)) {
        on(book, line, *frame);
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::TraceBegins& trace) {
    now_.in_trace = true;
    now_.is_over = false;
    gaps_at_task_ = gaps_;
    if (now_.splat) {
        now_.sink = book.splat(*now_.splat).stack.empty() ? Sink::splat : Sink::nowhere;
    } else if (now_.is_unwanted) {
        now_.sink = Sink::nowhere;
    } else if (now_.subject && book.task(*now_.subject).stack.empty()) {
        now_.sink = Sink::subject;
    } else {
        now_.sink = Sink::unnamed;
        now_.subject.reset();
    }
    if (const auto frame = frame_in(trace.rest)) {
        on(book, line, *frame);
    }
}

/// The stack that a frame belongs to now; nothing where it is nobody's.
LogStack* StoryThread::stack(StoryBook& book, const LogMoment& moment) {
    switch (now_.sink) {
        case Sink::nowhere:
            return nullptr;
        case Sink::splat:
            return &book.splat(*now_.splat).stack;
        case Sink::link:
            return now_.splat && !book.splat(*now_.splat).chain.empty() ? &book.splat(*now_.splat).chain.back().stack
                                                                        : nullptr;
        case Sink::unnamed:
            if (now_.subject && !book.task(*now_.subject).stack.empty() &&
                is_outermost(book.task(*now_.subject).stack.back().function)) {
                now_.subject.reset();  // and the next begins
            }
            now_.subject = now_.subject ? now_.subject : book.add_task(unnamed_pid_, {}, moment);
            break;
        case Sink::subject:
            break;
    }
    return now_.subject ? &book.task(*now_.subject).stack : nullptr;
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const FrameView& frame) {
    if (now_.sink == Sink::nowhere && !now_.in_trace && frame.certain && !now_.splat && !now_.is_over &&
        !now_.is_unwanted) {
        // The heading is lost, or there is none, as in /proc/PID/stack.
        now_.in_trace = true;
        now_.sink = now_.subject && book.task(*now_.subject).stack.empty() ? Sink::subject : Sink::unnamed;
        if (now_.sink == Sink::unnamed) {
            now_.subject.reset();
        }
    }
    if (now_.sink == Sink::nowhere || (!frame.certain && !now_.in_trace)) {
        return;
    }
    const bool follows_fork = now_.sink == Sink::unnamed && now_.subject && !book.task(*now_.subject).stack.empty() &&
                              book.task(*now_.subject).stack.back().function == "ret_from_fork" &&
                              frame.function == "ret_from_fork_asm";
    auto* frames = follows_fork ? &book.task(*now_.subject).stack : stack(book, line.moment);
    if (frames != nullptr) {
        book.add_frame(*frames, frame);
        if (gaps_ != gaps_at_task_ && (now_.sink == Sink::subject || now_.sink == Sink::unnamed) && now_.subject) {
            book.task(*now_.subject).has_gap = true;
        }
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::Holder& holder) {
    stop_trace();
    now_.is_over = true;
    now_.holder = holder.task.pid;
    now_.holder_comm = holder.task.comm.substr(0, limits::kName);
    now_.holder_task.reset();
    now_.lock_number.clear();
    now_.lock_is_told = false;
    if (now_.splat) {
        return;
    }
    if (holder.task.comm == kReporter) {
        now_.holder.reset();
        return;
    }
    const auto latest = book.latest_of(holder.task.pid);
    if (!latest) {
        return;
    }
    const auto& look = book.task(*latest);
    const bool is_now = !look.at_ns || !line.moment.at_ns || *line.moment.at_ns <= *look.at_ns + kSameDump;
    if (look.holds.empty() && is_now && look.place.text == line.moment.place.text) {
        now_.holder_task = latest;
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& /*line*/, const told::Taker& taker) {
    if (!now_.splat) {
        return;
    }
    auto& splat = book.splat(*now_.splat);
    splat.pid = taker.task.pid;
    splat.comm = taker.task.comm.substr(0, limits::kName);
    blame(book, taker.task.pid);
    now_.expected = Expected::wanted;
    stop_trace();
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::OtherCpu& /*other*/) {
    if (now_.kind == Kind::rcu_stall || now_.kind == Kind::hard_lockup || now_.kind == Kind::soft_lockup) {
        stop_trace();
        now_.subject.reset();
        now_.expects_kthread = false;
        now_.is_unwanted = false;
        return;
    }
    reset();
    if (!book.open_stall) {
        return;
    }
    const auto& stall = book.complaint(*book.open_stall);
    if (!stall.at_ns || !line.moment.at_ns || *line.moment.at_ns <= *stall.at_ns + kLongestPause) {
        now_.complaint = book.open_stall;  // that CPU prints it itself, as another caller
        now_.kind = stall.kind;
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::RcuBlockers& blockers) {
    if (now_.kind != Kind::rcu_stall) {
        return;
    }
    for (auto rest = blockers.tasks; const auto pid = next_rcu_blocker(rest);) {
        blame(book, *pid);
        if (const auto index =
                now_.named.size() < limits::kLogLocksOfTask ? book.add_task(*pid, {}, line.moment) : std::nullopt) {
            now_.named.push_back(*index);
        }
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& /*line*/, const told::LockStates& states) {
    auto text = states.text;
    if (now_.splat && skip(text, "inconsistent ") && book.splat(*now_.splat).headline.size() < limits::kName) {
        text.remove_suffix(text.ends_with('.') ? 1 : 0);
        book.splat(*now_.splat).headline.append(": ").append(text.substr(0, limits::kName));
    }
}

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::Release& release) {
    book.note_release(release.release, release.is_banner);
    if (release.is_banner) {
        book.note_boot(line.moment.place);
        reset();
    }
}

void StoryThread::on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::StackBacktrace& /*heading*/) {
    stop_trace();
    now_.expected = Expected::nothing;
}

void StoryThread::on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::Kthread& /*heading*/) {
    stop_trace();
    now_.subject.reset();
    now_.expects_kthread = true;
}

void StoryThread::on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::AlreadyHolding& /*heading*/) {
    now_.expected = Expected::holding;
    stop_trace();
}

void StoryThread::on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::AllLocks& /*heading*/) { reset(); }

void StoryThread::on(StoryBook& book, const ThreadLine& line, const told::StoryEnds& /*end*/) {
    if (begins_boot(line.text)) {
        book.note_boot(line.moment.place);
    }
    reset();
    now_.is_over = true;
}

void StoryThread::on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::TraceEnds& /*end*/) {
    stop_trace();
    now_.is_over = true;
    if (!now_.splat) {
        now_.subject.reset();
    }
}

}  // namespace blkhang
