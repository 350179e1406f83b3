// SPDX-License-Identifier: GPL-2.0-only
#include "diagnose/stack_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "klog/frame.h"

namespace blkhang {
namespace {

constexpr char kRunning = 'R';

bool is_watching(std::string_view function) { return function.starts_with("bpf_"); }

/// Of whoever watches the kernel, bpftrace say: its programs, and the second frame that a trampoline leaves of the
/// function that it is attached to.
std::vector<std::string> frames_of(const LogStack& stack, bool doubted) {
    std::vector<std::string> frames;
    bool after_trampoline = false;
    for (const LogFrame& frame : stack) {
        const auto name = without_suffix(frame.function);
        if (name.empty() || (frame.doubted && !doubted)) {
            continue;
        }
        if (is_watching(name) && frame.function.find("_trampoline_") != std::string::npos) {
            after_trampoline = true;
            continue;
        }
        const bool shadow = after_trampoline && !frames.empty() && frames.back() == name;
        after_trampoline = false;
        if (!shadow) {
            frames.emplace_back(name);
        }
    }
    return frames;
}

const WaitRow* find_row(std::span<const WaitRow> rows, std::string_view function) {
    const auto found = std::ranges::find_if(rows, [&](const WaitRow& row) { return fits(function, row.function); });
    return found == rows.end() ? nullptr : &*found;
}

/// A network file system waits through the page cache: what it is part of comes first, wherever it stands.
bool comes_first(Thing thing) {
    return thing == Thing::device || thing == Thing::server || thing == Thing::program || thing == Thing::filesystem;
}

struct Reader {
    const std::vector<std::string>& frames;
    std::optional<char> state;
    const std::optional<KernelVersion>& version;
    bool doubted;
    std::size_t sleeper = 0;  ///< the first frame behind the code of sleeping
    bool in_mutex = false;

    Reader(const StackReading& reading, std::optional<char> of_task, const std::optional<KernelVersion>& of_kernel)
        : frames(reading.frames), state(of_task), version(of_kernel), doubted(reading.doubted) {
        while (sleeper < frames.size() && is_sleeping_code(frames[sleeper])) {
            in_mutex = in_mutex || is_mutex_code(frames[sleeper]);
            ++sleeper;
        }
    }

    [[nodiscard]] StackWait wait_of(const WaitRow& row, std::string_view function, bool sure) const {
        return {row.thing, std::string(row.lock), std::string(function),
                sure && !doubted ? row.certainty : Certainty::inferred, row.source};
    }

    [[nodiscard]] std::optional<StackWait> wait() const {
        if (sleeper == frames.size()) {
            return from_outside();
        }
        const std::string& function = frames[sleeper];
        const bool runs = state == kRunning && !in_mutex;
        // /proc/PID/stack leaves out the code of sleeping; a backtrace of a running task has none either.
        const bool shows_sleep = sleeper > 0;
        if (!runs && (in_mutex || !shows_sleep)) {
            if (const auto* row = find_row(lock_waits(), function)) {
                return wait_of(*row, function, in_mutex || state.has_value());
            }
        }
        if (in_mutex) {
            return StackWait{Thing::lock, {}, function, Certainty::inferred, {}};
        }
        if (!runs) {
            if (const auto* row = find_row(queue_waits(), function)) {
                return wait_of(*row, function, true);
            }
        }
        return from_outside();
    }

    /// What nobody holds. Who runs waits for none of it, except that whoever reclaims is short of memory.
    [[nodiscard]] std::optional<StackWait> from_outside() const {
        const WaitRow* nearest = nullptr;
        std::string_view function;
        for (const std::string& frame : frames) {
            const auto* row = find_row(outer_waits(), frame);
            if (row == nullptr || (state == kRunning && row->thing != Thing::memory)) {
                continue;
            }
            if (comes_first(row->thing)) {
                return wait_of(*row, frame, true);
            }
            if (nearest == nullptr) {
                nearest = row;
                function = frame;
            }
        }
        for (std::size_t i = 0; nearest == nullptr && state != kRunning && i < frames.size(); ++i) {
            nearest = find_row(plain_io(), frames[i]);
            function = frames[i];
        }
        // A lock whose code is not that of mutexes, such as a semaphore, for which no row is needed to say where.
        if (sleeper > 0 && sleeper < frames.size() && state != kRunning && is_semaphore_code()) {
            return StackWait{Thing::lock, {}, frames[sleeper], Certainty::inferred, {}};
        }
        return nearest == nullptr ? std::nullopt : std::optional(wait_of(*nearest, function, true));
    }

    [[nodiscard]] bool is_semaphore_code() const {
        return std::any_of(
            frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(sleeper), [](const std::string& frame) {
                return frame.starts_with("rwsem_") || frame.starts_with("down_") || frame.starts_with("__down_");
            });
    }

    [[nodiscard]] std::vector<StackHold> all_holds(const std::optional<StackWait>& wait) const {
        std::vector<StackHold> found;
        for (std::size_t i = sleeper; i < frames.size(); ++i) {
            for (const HoldRow& row : holds()) {
                if (fits(frames[i], row.function)) {
                    consider(row, i, wait, found);
                }
            }
        }
        // Whoever waits for a queue's users has begun to freeze it: nobody gets in any more.
        if (wait && wait->thing == Thing::queue_users) {
            add(found, {Thing::frozen_queue, {}, wait->function, wait->certainty, wait->source});
        }
        return found;
    }

    void consider(const HoldRow& row, std::size_t at, const std::optional<StackWait>& wait,
                  std::vector<StackHold>& found) const {
        if (version && !row.releases.contain(*version)) {
            return;
        }
        const bool bounded = !row.releases.since.empty() || !row.releases.before.empty();
        bool sure = row.certainty == Certainty::certain && !doubted && (version || !bounded);
        if (at == sleeper) {
            // It sleeps in this function itself. For a lock other than that of the row it has the queue frozen already.
            if (row.thing != Thing::frozen_queue || !wait || wait->thing != Thing::lock) {
                return;
            }
            sure = false;
        } else if (row.thing == Thing::lock && is_percpu_charge(frames[at - 1])) {
            return;
        }
        add(found, {row.thing, std::string(row.lock), frames[at], sure ? Certainty::certain : Certainty::inferred,
                    row.source});
    }

    /// Each thing once, as surely as any frame tells it.
    static void add(std::vector<StackHold>& found, StackHold hold) {
        const auto known = std::ranges::find_if(
            found, [&](const StackHold& one) { return one.thing == hold.thing && one.lock == hold.lock; });
        if (known == found.end()) {
            found.push_back(std::move(hold));
        } else if (known->certainty == Certainty::inferred && hold.certainty == Certainty::certain) {
            *known = std::move(hold);
        }
    }
};

}  // namespace

LogStack log_stack(const Stack& stack) {
    LogStack frames;
    for (const std::string& text : stack) {
        if (const auto frame = frame_in(text)) {
            frames.push_back({std::string(frame->function), std::string(frame->offset), std::string(frame->module),
                              std::string(frame->source), frame->doubted, frame->inlined});
        }
    }
    return frames;
}

StackReading read_stack(const LogStack& stack, std::optional<char> state, const std::optional<KernelVersion>& version) {
    StackReading reading;
    reading.doubted = std::ranges::all_of(stack, &LogFrame::doubted);
    reading.frames = frames_of(stack, reading.doubted);
    if (reading.frames.empty()) {
        return reading;
    }
    const Reader reader(reading, state, version);
    reading.wait = reader.wait();
    reading.holds = reader.all_holds(reading.wait);
    return reading;
}

std::string in_words(const StackWait& wait) {
    switch (wait.thing) {
        case Thing::lock:
            return wait.lock.empty() ? fmt::format("a lock that {} takes", wait.function) : wait.lock;
        case Thing::frozen_queue:
            return "a frozen queue";
        case Thing::queue_users:
            return "the users of a queue";
        case Thing::kswapd:
            return "kswapd";
        case Thing::device:
            return "a device";
        case Thing::disk:
            return "a disk";
        case Thing::journal:
            return "a file system's transaction";
        case Thing::server:
            return "a server";
        case Thing::program:
            return "a user program";
        case Thing::memory:
            return "memory";
        case Thing::filesystem:
            return "a frozen file system";
    }
    return "something";
}

std::string in_words(const StackHold& hold) {
    return hold.thing == Thing::frozen_queue  ? "a frozen queue"
           : hold.thing == Thing::queue_users ? "the use of a queue"
                                              : hold.lock;
}

const StackHold* find_hold(const StackReading& reading, Thing thing, std::string_view lock) {
    const auto found = std::ranges::find_if(reading.holds, [&](const StackHold& hold) {
        return hold.thing == thing && (lock.empty() || hold.lock == lock);
    });
    return found == reading.holds.end() ? nullptr : &*found;
}

bool waits_for(const StackReading& reading, Thing thing, std::string_view lock) {
    return reading.wait && reading.wait->thing == thing && (lock.empty() || reading.wait->lock == lock);
}

}  // namespace blkhang
