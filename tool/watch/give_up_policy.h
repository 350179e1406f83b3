// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "judge/judge.h"

namespace blkhang {

/// Decides whether the host is given up for a proven cycle: whether its last resort, a reset or a panic, is due. Pure:
/// it resets nothing, looks at no clock and asks nobody.
///
/// The policy is tool/watch/HEALING.md. To be told all that is observed since the proof, and asked with step() every
/// few milliseconds. It may take back an answer of `give_up`, once something speaks against it.
class GiveUpPolicy {
public:
    enum class Answer : std::uint8_t {
        wait,     ///< too early, or the looks are not all there yet
        give_up,  ///< it stands
        no        ///< never for this cycle; see why_not()
    };

    /// `lost_events`: since the stretch of the watch began that the cycle was proven in. `patience`: for how long it
    /// has to stand after the proof.
    GiveUpPolicy(const Deadlock& deadlock, std::uint64_t lost_events, std::uint64_t proven_ns,
                 std::chrono::nanoseconds patience);

    void observe(const Observation& observation);
    /// Of whom a fresh look is wanted: once when the time is over, and again and again from then on.
    [[nodiscard]] std::vector<std::int32_t> to_look_at(std::uint64_t now_ns) const;
    Answer step(std::uint64_t now_ns);
    /// What it rests on is no longer so.
    void refuse(std::string why);
    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] const Deadlock& deadlock() const { return deadlock_; }

private:
    struct Member {
        std::uint64_t seen_ns = 0;  ///< when a look last found it in its wait, after the time was over
    };
    void on(const seen::Wake& wake);
    void on(const seen::Wait& wait);
    void on(const seen::BlockedTask& task);

    Deadlock deadlock_;
    std::vector<Member> members_;  ///< as the tasks of the cycle
    std::uint64_t proven_ns_, due_ns_;
    std::string why_not_;
};

}  // namespace blkhang
