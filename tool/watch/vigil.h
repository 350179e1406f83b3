// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "judge/judge.h"
#include "judge/open_waits.h"
#include "probe/blocked_tasks.h"
#include "probe/watcher.h"
#include "run/evidence_sink.h"
#include "run/relay.h"
#include "watch/finding.h"
#include "watch/giving_up.h"
#include "watch/heal_policy.h"
#include "watch/history.h"
#include "watch/last_resort.h"
#include "watch/people.h"

namespace blkhang {

/// What a vigil does beside looking.
struct VigilTerms {
    enum class Heal : std::uint8_t { off, dry_run, on };
    Heal heal = Heal::off;
    std::vector<std::string> spare = {};  ///< patterns of names
    /// For how long a proven hang has to stand until the last resort is due, if there is one.
    std::chrono::milliseconds give_up{30'000};
    /// A wait this long is told of, though nothing closes a circle.
    std::chrono::seconds long_wait{30};
    /// How long a stretch is that is judged as one.
    std::chrono::seconds stretch{6 * 60 * 60};
    /// Keys of findings that were told by a watch before this one.
    std::vector<std::string> known = {};
};

/// Where findings and the state of the watch go. Must not block.
class VigilOutlet {
public:
    VigilOutlet() = default;
    VigilOutlet(const VigilOutlet&) = delete;
    VigilOutlet& operator=(const VigilOutlet&) = delete;
    VigilOutlet(VigilOutlet&&) = delete;
    VigilOutlet& operator=(VigilOutlet&&) = delete;
    virtual ~VigilOutlet() = default;

    virtual void status(const WatchStatus& status) = 0;
    /// The record of a finding begins; what it is made of comes next, and then end().
    virtual void begin(std::uint64_t number, Finding::Kind kind) = 0;
    virtual void observation(const Observation& observation) = 0;
    virtual void end(const Finding& finding) = 0;
    /// What is about to happen to the host, or will not, a sentence.
    virtual void notice(const std::string& text) = 0;
};

/// Watches for as long as it is told to, tells of each thing it finds once, and goes on. Neither forks nor opens files
/// nor waits for anybody: what could get stuck is done by the finder's threads, or behind the outlet.
///
/// It is judged in stretches: each has a judge of its own, so that neither what was lost long ago speaks against what
/// is seen now, nor its memory grows.
class Vigil {
public:
    Vigil(Watcher& watcher, BlockedTaskFinder& finder, EvidenceSink& evidence, VigilOutlet& outlet, People& people,
          History history, VigilTerms terms, LastResort* last_resort = nullptr);

    /// Until it is told to end; `goes_on` is asked every few milliseconds.
    void watch(const std::function<bool()>& goes_on);
    [[nodiscard]] const WatchStatus& status() const { return status_; }

private:
    struct Freezer {
        std::int32_t pid;
        std::string comm;
    };
    void turn();
    void begin_stretch(std::uint64_t now_ns);
    void drain();
    void pause();
    [[nodiscard]] bool is_quiet() const;
    void take_in(const Observation& observation);
    void note(const Observation& observation);
    void tell(const Observation& observation);
    bool judge_losses();
    [[nodiscard]] seen::Counters counters() const;
    void report(std::uint64_t now_ns);
    void update_status(std::uint64_t now_ns);

    void look_for_hang();
    void look_for_hazards(std::uint64_t now_ns, bool at_end = false);
    void look_for_long_waits(std::uint64_t now_ns);
    void conclude_hang(const Deadlock& deadlock, std::uint64_t now_ns);
    void heal(HealPolicy policy, Finding& finding);
    void begin_giving_up(const Deadlock& deadlock, std::uint64_t now_ns);
    void give_up();
    bool goes_on(GivingUp& one);
    void look(Look whom, std::chrono::milliseconds patience, HealPolicy* policy = nullptr);
    Finding new_finding(Finding::Kind kind, std::string key);
    bool is_news(const std::string& key);
    void begin_record(const Finding& finding);
    void end_record(Finding finding);
    [[nodiscard]] std::string in_words(const OpenWait& open) const;

    Watcher& watcher_;
    BlockedTaskFinder& finder_;
    EvidenceSink& evidence_;
    VigilOutlet& outlet_;
    People& people_;
    History history_;
    VigilTerms terms_;
    LastResort* last_resort_;
    Spared spared_;
    std::function<bool()> goes_on_;  ///< asked while something takes longer, too: who asks is alive
    std::optional<Relay> relay_;
    OpenWaits open_;
    std::map<std::string, std::map<std::int32_t, std::string>> freezers_;  ///< by disk
    WatchStatus status_;
    std::set<std::string> pending_;     ///< keys of hazards that the look before has seen for the first time
    std::set<std::string> known_;       ///< keys of hazards that were told
    std::set<std::string> long_known_;  ///< things that somebody has waited long for, told and still true
    std::deque<std::pair<std::vector<std::int32_t>, std::uint64_t>> hangs_;  ///< told: pids, and when they closed
    HealPolicy* healing_ = nullptr;                     ///< to be told what is seen, while there is one
    std::vector<std::unique_ptr<GivingUp>> giving_up_;  ///< in the order of their proofs
    bool recording_ = false;                            ///< a record is being told
    bool retelling_ = false;                            ///< what the judge is told is no news to anybody else
    bool changed_ = false;                              ///< something that a hazard can be made of
    std::uint64_t began_ns_ = 0, stretch_ns_ = 0, reported_ns_ = 0, seen_ns_ = 0, doubts_looked_ns_ = 0,
                  waits_looked_ns_ = 0;
    std::uint64_t lost_before_ = 0;  ///< this stretch
    std::uint64_t lost_ = 0;         ///< in this stretch, as far as was judged
    std::uint64_t next_number_ = 1;
};

}  // namespace blkhang
