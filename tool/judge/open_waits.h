// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "judge/observation.h"

namespace blkhang {

/// What a task is known to wait for, and how well that is known.
struct OpenWait {
    seen::Wait wait;
    bool doubted = false;      ///< events were lost since it was told, and its end may be among them
    std::uint64_t lost = 0;    ///< events, since it was told
    std::uint64_t agreed = 0;  ///< looks that found the task in this wait
    std::uint64_t roles = 0;   ///< looks since the last loss that showed what the task holds, too
};

/// The waits that are open now, for whoever follows them: the judge in the machine, the judge outside, and what decides
/// between the two which waits leave the machine. All three have to keep them alike.
///
/// A task sleeps in one wait at a time: the next one ends it. A wait for memory is none of those: it is the task's
/// going into reclaim again and again, other waits come and go meanwhile, and only its own end ends it.
class OpenWaits {
public:
    /// Told anew, or told again after a loss: the same wait as before is not in doubt any longer and keeps its age.
    /// Returns the wait of this task that it replaces without its end having been told, if there is one.
    std::optional<seen::Wait> begin(const seen::Wait& wait);
    /// Returns whether a wait ended. The end of nothing is that of all of the task's: it exited.
    bool end(const seen::Wake& wake);
    /// So many events were lost: the end of any of these waits may be among them.
    void doubt(std::uint64_t lost);

    /// What a look says of the wait that the task sleeps in.
    enum class Look { nothing, agrees, contradicts };
    /// Takes a look at a task into account. A wait that it contradicts is dropped: its end was missed. One in doubt is
    /// relied on again where the looks leave no other reading.
    Look look(const seen::BlockedTask& task);

    [[nodiscard]] const OpenWait* sleep_of(std::int32_t pid) const;
    [[nodiscard]] const OpenWait* memory_wait_of(std::int32_t pid) const;
    /// In the order of pids.
    void each(const std::function<void(const OpenWait&)>& sink) const;
    [[nodiscard]] std::size_t size() const { return sleeps_.size() + memory_.size(); }
    [[nodiscard]] bool any_for_memory() const { return !memory_.empty(); }
    /// Waits that were passed over because so many others were open already.
    [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
    using ByPid = std::map<std::int32_t, OpenWait>;
    /// When the latest waits ended: whatever is told of them later is old news.
    class Ends {
    public:
        void note(std::int32_t pid, bool memory, std::uint64_t at_ns);
        [[nodiscard]] bool is_over(const seen::Wait& wait) const;

    private:
        using Key = std::pair<std::int32_t, bool>;  ///< pid; for memory?
        std::map<Key, std::uint64_t> latest_;
        std::deque<Key> order_;  ///< in which they were first noted: the oldest goes when there is no more room
    };
    ByPid& of_kind(WaitKind kind) { return kind == WaitKind::memory ? memory_ : sleeps_; }

    ByPid sleeps_, memory_;
    Ends ends_;
    std::uint64_t left_out_ = 0;
};

}  // namespace blkhang
