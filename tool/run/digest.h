// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "judge/observation.h"
#include "judge/open_waits.h"

namespace blkhang {

/// Picks from the flood of waits those worth sending out of the machine: a wait leaves only once it has lasted, and
/// then so does its end. Whoever judges the stream outside comes to what the judge in here comes to: it gets at once
/// what would end, replace or belie something that it was told, and every wait that can be part of a deadlock.
class Digest {
public:
    explicit Digest(std::uint64_t lasting_ns) : lasting_ns_(lasting_ns) {}

    /// Takes note; returns true if the observation itself is to be sent now, as a wait is that is a finding by itself,
    /// however soon it ends.
    bool note(const Observation& observation, bool is_finding = false);
    /// Open waits that have lasted by now and were not sent yet, or not since events were lost; oldest first. None that
    /// is in doubt.
    std::vector<seen::Wait> lasting(std::uint64_t now_ns);
    /// All open waits not sent yet: after a proof, everything counts.
    std::vector<seen::Wait> rest() { return lasting(UINT64_MAX); }
    /// The open waits of these tasks, sent or not, oldest first; from now on they count as sent.
    std::vector<seen::Wait> waits_of(const std::vector<std::int32_t>& pids);
    /// To be asked for behind any of these: the latest wait that names an owner of pcpu_alloc_mutex, where what was
    /// told names another one, and its end if that has come. Whoever believed the older one would see it hold others
    /// up.
    std::vector<Observation> correction_of_owner();
    /// Tasks whose waits are in doubt, for longer than it takes to tell them again: looking at them is what is left.
    [[nodiscard]] std::vector<std::int32_t> doubted() const;
    /// Whom the waits that have been open for so long are for, as far as they name somebody; empty when none has.
    [[nodiscard]] std::vector<std::int32_t> holders_of_waits_longer_than(std::uint64_t ns, std::uint64_t now_ns) const;

private:
    using Key = std::pair<std::int32_t, bool>;  ///< pid; for memory?
    struct Told {
        seen::Wait wait;
        bool since_loss;
    };
    static Key key_of(std::int32_t pid, WaitKind kind) { return {pid, kind == WaitKind::memory}; }
    bool on(const seen::Wait& wait, bool is_finding);
    bool on(const seen::Wake& wake);
    bool on(const seen::BlockedTask& task);
    bool on(const seen::Counters& counters);
    [[nodiscard]] bool is_told(const OpenWait& open) const;
    std::vector<seen::Wait> tell_all(const std::function<bool(const OpenWait&)>& chosen);
    [[nodiscard]] bool is_news_of_owner(const seen::Wait& wait) const;
    [[nodiscard]] bool owner_is_told() const;
    void tell(const seen::Wait& wait);

    std::uint64_t lasting_ns_;
    OpenWaits open_;
    std::map<Key, Told> told_;  ///< open waits that were sent
    struct Naming {
        seen::Wait wait;
        std::optional<seen::Wake> end;
    };
    std::optional<Naming> latest_naming_;  ///< an owner of pcpu_alloc_mutex
    std::int32_t told_owner_ = 0;
    std::uint64_t told_owner_ns_ = 0;
    std::uint64_t lost_events_ = 0;
};

}  // namespace blkhang
