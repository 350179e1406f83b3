// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "judge/judge.h"

namespace blkhang {

/// Counts that only grow while the load goes on, always in the same order.
using LoadProgress = std::array<std::uint64_t, 3>;

/// Finds out whether SIGKILL ends a proven cycle: decides who is killed and when, and what it showed. It kills nobody
/// itself and looks at no clock.
///
/// One task after the other, with a look in between, because the question is which kill heals. Those that wait killably
/// come first, also those that come to wait so after a kill: a cycle of three may close again as one of two. Kernel
/// threads ignore signals and are left alone. A while before the first kill nothing is done: a cycle that ends in that
/// time ended without us.
class Recovery {
public:
    /// `may_be_killed` says of a pid whether it may, kernel threads aside. `load` is what it had done at `now_ns`.
    Recovery(const Deadlock& deadlock, const std::function<bool(std::int32_t)>& may_be_killed, std::uint64_t now_ns,
             const LoadProgress& load);

    /// To be called with all that is observed since the proof, before step().
    void observe(const Observation& observation);
    /// The task that is to get SIGKILL now, if any. Call every few milliseconds until is_over(); times are
    /// CLOCK_MONOTONIC.
    std::optional<std::int32_t> step(std::uint64_t now_ns, const LoadProgress& load);
    [[nodiscard]] bool is_over() const { return over_; }
    /// Once is_over().
    [[nodiscard]] seen::Recovery outcome() const;

private:
    struct Member {
        std::int32_t pid;
        std::string name;   ///< "bash[812]"
        std::string waits;  ///< "waited killably for pcpu_alloc_mutex", when it was killed if it was
        bool waits_killably;
        bool is_target;
        std::uint64_t killed_ns = 0;  ///< 0 if it was not
        std::uint64_t ended_ns = 0;   ///< of its wait; 0 while it waits
        Awaited again = {};           ///< what it began to wait for after that and still does
        std::uint64_t again_ns = 0;   ///< when it did
    };

    void on(const seen::Wake& wake);
    void on(const seen::Wait& wait);
    [[nodiscard]] bool any_ended() const;
    [[nodiscard]] bool all_ended() const;
    [[nodiscard]] bool waits_again(const Member& member) const;
    Member* next_to_kill();
    [[nodiscard]] std::vector<std::string> names_of(const std::function<bool(const Member&)>& chosen) const;
    [[nodiscard]] std::string kills() const;
    [[nodiscard]] std::string waits() const;
    [[nodiscard]] std::string aftermath(bool recovered) const;
    void note_standstill(const LoadProgress& load);

    std::vector<Member> members_;       ///< in the order in which they are killed
    std::vector<std::size_t> to_kill_;  ///< of members_, the next one last
    std::uint64_t began_ns_;
    std::uint64_t look_ns_ = 0;  ///< between two kills
    std::uint64_t first_kill_ns_ = 0;
    std::uint64_t latest_kill_ns_ = 0;
    std::uint64_t latest_ns_;
    LoadProgress at_proof_;
    LoadProgress at_kill_;
    std::array<bool, std::tuple_size_v<LoadProgress>> stood_still_{};  ///< from the proof to the first kill
    bool load_moved_ = false;
    bool over_ = false;
};

}  // namespace blkhang
