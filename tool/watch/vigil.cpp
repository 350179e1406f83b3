// SPDX-License-Identifier: GPL-2.0-only
#include "watch/vigil.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/sizes.h"
#include "base/units.h"
#include "base/words.h"
#include "judge/dispatch.h"
#include "run/engine.h"
#include "run/short_proof.h"

namespace blkhang {
namespace {

constexpr auto kTurn = std::chrono::milliseconds(10);
/// Where nothing has been seen for some time, and nobody waits: a host does without being woken a hundred times a
/// second.
constexpr auto kQuietTurn = std::chrono::milliseconds(40);
/// The same where an event ends the sleep.
constexpr auto kSoundSleep = std::chrono::milliseconds(200);
constexpr std::uint64_t kQuietReportNs = 2000 * kNsPerMs;
constexpr std::uint64_t kQuietNs = 1000 * kNsPerMs;
constexpr std::uint64_t kReportNs = 500 * kNsPerMs;
constexpr std::uint64_t kLookAtWaitsNs = 1000 * kNsPerMs;
/// A wait this long is kept; contention ends far sooner.
constexpr std::uint64_t kLastingNs = 200 * kNsPerMs;
constexpr auto kFirstLook = std::chrono::milliseconds(400);
constexpr auto kLookOnce = std::chrono::seconds(1);
/// After a kill the tasks are looked at no more; this long is waited for the last of their ends.
constexpr auto kSettle = std::chrono::milliseconds(200);
/// Of what is told once: a machine with more of these has told enough.
constexpr std::size_t kMostKnown = 64;
constexpr std::size_t kMostQueues = 1024;
constexpr std::size_t kMostFreezers = 64;
constexpr std::size_t kTasksOfLongWait = 4;

double in_seconds(std::uint64_t ns) { return static_cast<double>(ns) / static_cast<double>(kNsPerS); }

/// No load, so no coverage: whatever is found is found.
Demands demands_of_watch() { return {}; }

/// A proof that was taken back is no finding, but goes with one.
bool is_finding(const std::string& reason) {
    return !reason.starts_with("it seemed that ") && !reason.starts_with("events lost");
}

}  // namespace

Vigil::Vigil(Watcher& watcher, BlockedTaskFinder& finder, EvidenceSink& evidence, VigilOutlet& outlet, People& people,
             History history, VigilTerms terms, LastResort* last_resort)
    : watcher_(watcher),
      finder_(finder),
      evidence_(evidence),
      outlet_(outlet),
      people_(people),
      history_(std::move(history)),
      terms_(std::move(terms)),
      last_resort_(last_resort),
      spared_(terms_.spare) {
    known_.insert(terms_.known.begin(), terms_.known.end());
    status_.tier = history_.tier().used;
    for (const auto kind : {Finding::Kind::hang, Finding::Kind::hazard, Finding::Kind::long_wait}) {
        status_.findings[std::string(to_string(kind))] = 0;
    }
}

void Vigil::watch(const std::function<bool()>& goes_on) {
    goes_on_ = goes_on;
    began_ns_ = monotonic_ns();
    evidence_.send(history_.hello());
    evidence_.send(history_.tier());
    evidence_.send(seen::Phase{began_ns_, std::string(seen::kLoadPhase)});
    begin_stretch(began_ns_);
    while (goes_on()) {
        turn();
        pause();
    }
    for (const auto& one : giving_up_) {
        one->refuse("the watch was told to end, and its hang still stands");
    }
    turn();
    changed_ = true;
    look_for_hazards(monotonic_ns(), true);
    evidence_.send(seen::End{monotonic_ns(), kernel_taint()});
    update_status(monotonic_ns());
    outlet_.status(status_);
}

void Vigil::begin_stretch(std::uint64_t now_ns) {
    stretch_ns_ = now_ns;
    lost_before_ = watcher_.lost();
    lost_ = 0;
    open_ = {};
    freezers_.clear();
    const seen::Phase phase{now_ns, std::string(seen::kLoadPhase)};
    const auto edges = history_.edges();
    history_.begin(phase);
    Judge judge(demands_of_watch());
    judge.observe(history_.hello());
    judge.observe(history_.tier());
    judge.observe(phase);
    relay_.emplace(std::move(judge), kLastingNs, [this](const Observation& observation) { tell(observation); });
    retelling_ = true;
    for (const auto& edge : edges) {
        relay_->take_in(edge);
    }
    watcher_.retell([this](const Observation& observation) { take_in(observation); });
    retelling_ = false;
}

/// What leaves: into the history, to who keeps evidence, and into the record that is being told.
void Vigil::tell(const Observation& observation) {
    history_.note(observation);
    if (retelling_) {
        return;
    }
    evidence_.send(observation);
    if (recording_) {
        outlet_.observation(observation);
    }
}

void Vigil::turn() {
    // Taken first: what arrives while the ring is drained must not look as if it were missing.
    const auto now = monotonic_ns();
    drain();
    judge_losses();
    relay_->time_is(now);
    // Before a hang is told, which begins a stretch: its judge has to be told the time before it is asked.
    give_up();
    look_for_hang();
    if (now - reported_ns_ >= (is_quiet() ? kQuietReportNs : kReportNs)) {
        report(now);
    }
    if (const auto task = finder_.take()) {
        relay_->take_in(*task);
    }
}

void Vigil::pause() {
    if (!is_quiet()) {
        std::this_thread::sleep_for(kTurn);
    } else if (!watcher_.await_event(kSoundSleep)) {
        std::this_thread::sleep_for(kQuietTurn);
    }
}

bool Vigil::is_quiet() const {
    return monotonic_ns() - seen_ns_ >= kQuietNs && freezers_.empty() && status_.longest_wait.empty();
}

void Vigil::drain() {
    watcher_.drain([this](const Observation& observation) { take_in(observation); });
}

void Vigil::take_in(const Observation& observation) {
    seen_ns_ = monotonic_ns();
    note(observation);
    if (healing_ != nullptr) {
        healing_->observe(observation);
    }
    for (const auto& one : giving_up_) {
        one->observe(observation);
    }
    relay_->take_in(observation);
}

/// What the state of the watch is made of.
void Vigil::note(const Observation& observation) {
    if (const auto* wait = std::get_if<seen::Wait>(&observation)) {
        status_.waits += retelling_ ? 0 : 1;
        open_.begin(*wait);
        changed_ = true;
    } else if (const auto* wake = std::get_if<seen::Wake>(&observation)) {
        open_.end(*wake);
        changed_ = true;
    } else if (is_one_of<seen::Edge>(observation)) {
        changed_ = true;
    } else if (const auto* freeze = std::get_if<seen::Freeze>(&observation)) {
        changed_ = true;
        auto known = freezers_.find(freeze->disk);
        if (freeze->frozen && (known != freezers_.end() || freezers_.size() < kMostQueues)) {
            auto& of_disk = freezers_[freeze->disk];
            if (of_disk.size() < kMostFreezers) {
                of_disk[freeze->pid] = freeze->comm;
            }
        } else if (known != freezers_.end()) {
            known->second.erase(freeze->pid);
            if (freeze->pid == 0 || known->second.empty()) {
                freezers_.erase(known);
            }
        }
    }
}

bool Vigil::judge_losses() {
    const auto lost = watcher_.lost() - lost_before_ + relay_->judge().left_out();
    if (lost == lost_) {
        return false;
    }
    open_.doubt(lost - std::min(lost, lost_));
    lost_ = lost;
    relay_->take_in(counters());
    watcher_.retell([this](const Observation& observation) { take_in(observation); });
    return true;
}

seen::Counters Vigil::counters() const {
    auto counters = watcher_.counters();
    counters.lost_events -= std::min(counters.lost_events, lost_before_);
    return counters;
}

void Vigil::report(std::uint64_t now_ns) {
    reported_ns_ = now_ns;
    watcher_.look_for_losses();
    judge_losses();
    relay_->report(counters(), now_ns);
    const auto doubted = relay_->digest().doubted();
    if (!doubted.empty() && now_ns - doubts_looked_ns_ >= kLookAtWaitsNs) {
        doubts_looked_ns_ = now_ns;
        finder_.ask({.first = doubted, .whole = false});
    }
    look_for_hazards(now_ns);
    if (now_ns - waits_looked_ns_ >= kLookAtWaitsNs) {
        waits_looked_ns_ = now_ns;
        look_for_long_waits(now_ns);
    }
    update_status(now_ns);
    outlet_.status(status_);
    const auto stretch = static_cast<std::uint64_t>(std::chrono::nanoseconds(terms_.stretch).count());
    if (history_.is_full() || now_ns - stretch_ns_ >= stretch) {
        begin_stretch(now_ns);
    }
}

void Vigil::update_status(std::uint64_t now_ns) {
    status_.uptime_s = in_seconds(now_ns - began_ns_);
    status_.edges = history_.count_edges();
    status_.lost_events = watcher_.lost();
    status_.longest_wait_s = 0;
    status_.longest_wait.clear();
    open_.each([&](const OpenWait& open) {
        const auto lasted = in_seconds(now_ns - std::min(now_ns, open.wait.at_ns));
        if (!open.doubted && lasted > status_.longest_wait_s) {
            status_.longest_wait_s = lasted;
            status_.longest_wait = in_words(open);
        }
    });
    status_.longest_ever_s = std::max(status_.longest_ever_s, status_.longest_wait_s);
}

/// "dd[12] waits for frozen queue vda, which tee[11] froze".
std::string Vigil::in_words(const OpenWait& open) const {
    const auto& wait = open.wait;
    std::string words = fmt::format("{} waits for {}", task_name(wait.comm, wait.pid), to_string(wait.what));
    if (wait.what.kind == WaitKind::queue) {
        if (const auto known = freezers_.find(wait.what.disk); known != freezers_.end() && !known->second.empty()) {
            const auto& [pid, comm] = *known->second.begin();
            words += fmt::format(", which {} froze", task_name(comm, pid));
        }
    } else if (wait.holder_pid > 0) {
        const auto* holder = open_.sleep_of(wait.holder_pid);
        words += fmt::format(", held by {}", holder == nullptr ? fmt::format("pid {}", wait.holder_pid)
                                                               : task_name(holder->wait.comm, wait.holder_pid));
    }
    return words;
}

Finding Vigil::new_finding(Finding::Kind kind, std::string key) {
    Finding finding;
    finding.kind = kind;
    finding.number = next_number_++;
    finding.key = std::move(key);
    finding.at = utc_now();
    finding.release = history_.hello().release;
    finding.tier = status_.tier;
    return finding;
}

/// Each once, as long as there is room to remember it: then none any more, and the counts say that there were.
bool Vigil::is_news(const std::string& key) {
    return !known_.contains(key) && known_.size() < kMostKnown && known_.insert(key).second;
}

void Vigil::begin_record(const Finding& finding) {
    relay_->send_rest();
    outlet_.begin(finding.number, finding.kind);
    history_.each([this](const Observation& observation) { outlet_.observation(observation); });
    recording_ = true;
}

void Vigil::end_record(Finding finding) {
    relay_->take_in(counters());
    relay_->send_time();
    recording_ = false;
    outlet_.observation(seen::End{monotonic_ns(), kernel_taint()});
    if (finding.kind != Finding::Kind::taken_back) {
        ++status_.findings[std::string(to_string(finding.kind))];
        status_.last_finding = finding.summary;
    }
    if (finding.reasons.empty()) {
        finding.reasons = {finding.summary};
    }
    outlet_.end(finding);
}

void Vigil::look_for_hang() {
    const auto deadlock = relay_->judge().deadlock();
    if (!deadlock) {
        return;
    }
    const std::pair identity{pids_of(*deadlock), deadlock->closed_ns};
    if (std::ranges::find(hangs_, identity) != hangs_.end()) {
        return;  // it stands, and was told
    }
    hangs_.push_back(identity);
    if (hangs_.size() > kMostKnown) {
        hangs_.pop_front();
    }
    conclude_hang(*deadlock, monotonic_ns());
}

/// First what gets the proof out of the machine; then who its tasks are, held on to by descriptors; then everything
/// else.
void Vigil::conclude_hang(const Deadlock& deadlock, std::uint64_t now_ns) {
    const auto proof = relay_->proof_of(deadlock, now_ns);
    evidence_.send_at_once(short_proof(proof));
    tell(proof);
    tell(seen::ProofWritten{monotonic_ns()});
    const auto pids = pids_of(deadlock);
    const auto people = terms_.heal == VigilTerms::Heal::off ? std::vector<Person>{} : people_.identify(pids);
    watcher_.look_for_losses();
    judge_losses();

    auto finding = new_finding(Finding::Kind::hang, key_of(deadlock));
    finding.summary = describe(deadlock);
    finding.tasks = tasks_of(deadlock);
    begin_record(finding);
    look({.first = pids}, kFirstLook);
    begin_giving_up(deadlock, now_ns);
    if (terms_.heal != VigilTerms::Heal::off) {
        heal(HealPolicy(deadlock, people, spared_, history_.hello().release, lost_, now_ns), finding);
    }
    const auto settled = Deadline::after(kSettle);
    while (!settled.passed()) {
        drain();
        std::this_thread::sleep_for(kTurn);
    }
    const auto judgement = relay_->judge().judgement();
    finding.reasons = judgement.reasons;
    if (judgement.verdict != Verdict::hang) {
        // It ended by itself, which is a hazard, or a look contradicted it: the judge says which, and so does the
        // record.
        finding.kind = judgement.verdict == Verdict::hazard ? Finding::Kind::hazard : Finding::Kind::taken_back;
        for (const auto& one : giving_up_) {
            one->refuse("what was seen since speaks against the proof");
        }
    }
    for (const auto& reason : judgement.reasons) {  // a hang goes over a cycle of locks, which is no news any more
        is_news(key_of_finding(Finding::Kind::hazard, reason));
    }
    end_record(std::move(finding));
    begin_stretch(monotonic_ns());
}

/// Looks at tasks on the finder's threads; what they find is judged, and told to who heals.
void Vigil::look(Look whom, std::chrono::milliseconds patience, HealPolicy* policy) {
    finder_.collect(std::move(whom), Deadline::after(patience), [&](const seen::BlockedTask& task) {
        if (policy != nullptr) {
            policy->observe(task);
        }
        for (const auto& one : giving_up_) {
            one->observe(task);
        }
        relay_->take_in(task);
    });
}

void Vigil::heal(HealPolicy policy, Finding& finding) {
    const bool dry = terms_.heal == VigilTerms::Heal::dry_run;
    healing_ = &policy;
    bool begun = false;
    while (!policy.is_over()) {
        if (!goes_on_()) {
            policy.give_up("the watch was told to end");
        }
        drain();
        const auto now = monotonic_ns();
        if (auto pids = policy.to_look_at(now); !pids.empty()) {
            look({.first = std::move(pids), .whole = false}, kLookOnce, &policy);
            watcher_.look_for_losses();
            drain();
        }
        if (judge_losses()) {  // it may have been the end of a wait
            policy.give_up(fmt::format("events were lost: {}", lost_));
        } else if (!begun && !relay_->judge().deadlock()) {
            policy.give_up("what was seen since speaks against the proof");
        }
        const auto victim = policy.step(monotonic_ns());
        if (victim && dry) {
            finding.heal = fmt::format("dry run: would have sent {}", policy.plan());
            break;
        }
        if (victim) {
            if (!std::exchange(begun, true)) {
                relay_->take_in(seen::Phase{monotonic_ns(), std::string(seen::kRecoveryPhase)});
            }
            const seen::Kill kill{monotonic_ns(), victim->pid};
            if (const auto killed = people_.kill(*victim)) {
                relay_->take_in(kill);
            } else {
                policy.not_killed(*victim, killed.error().message());
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    healing_ = nullptr;
    if (dry && policy.is_over()) {
        finding.heal = fmt::format("dry run: {}", policy.outcome().detail);
    }
    if (dry) {
        return;
    }
    const auto outcome = policy.outcome();
    finding.heal = outcome.detail;
    if (begun) {
        finding.healed = outcome.recovered;
        relay_->take_in(outcome);
    }
}

void Vigil::begin_giving_up(const Deadlock& deadlock, std::uint64_t now_ns) {
    if (last_resort_ == nullptr || giving_up_.size() >= kMostKnown) {
        return;
    }
    giving_up_.push_back(std::make_unique<GivingUp>(deadlock, lost_, watcher_.lost(), now_ns, terms_.give_up,
                                                    *last_resort_,
                                                    [this](const std::string& text) { outlet_.notice(text); }));
}

void Vigil::give_up() {
    std::vector<const GivingUp*> over;  // all are told what is seen meanwhile
    for (const auto& one : giving_up_) {
        if (!goes_on(*one)) {
            over.push_back(one.get());
        }
    }
    std::erase_if(giving_up_, [&](const auto& one) { return std::ranges::find(over, one.get()) != over.end(); });
}

bool Vigil::goes_on(GivingUp& one) {
    if (auto pids = one.to_look_at(monotonic_ns()); !pids.empty()) {
        look({.first = std::move(pids), .whole = false}, kLookOnce);
        watcher_.look_for_losses();
        drain();
        judge_losses();
    }
    return one.goes_on(monotonic_ns(), watcher_.lost(), relay_->judge().deadlock().has_value());
}

/// Told at the second look: a hang that closes right now is a hazard, too, until it has stood.
void Vigil::look_for_hazards(std::uint64_t now_ns, bool at_end) {
    const auto livelock = relay_->judge().livelock();
    if (!changed_ && !livelock) {
        return;
    }
    changed_ = false;
    const auto pending = std::exchange(pending_, {});
    const auto judgement = relay_->judge().judgement();
    if (judgement.verdict != Verdict::hazard && judgement.verdict != Verdict::hang) {
        return;
    }
    if (relay_->judge().deadlock()) {
        return;  // told as such
    }
    const bool hangs = judgement.verdict == Verdict::hang;  // a livelock that has stood for a minute
    for (const auto& reason : judgement.reasons) {
        const bool is_livelock = reason.starts_with("livelock ");
        if (!is_finding(reason) || (is_livelock && !hangs && livelock && livelock->stands)) {
            continue;
        }
        const auto kind = is_livelock && hangs ? Finding::Kind::hang : Finding::Kind::hazard;
        const auto key = key_of_finding(kind, reason);
        if (!at_end && !pending.contains(key) && !known_.contains(key)) {
            pending_.insert(key);
            changed_ = true;
            continue;
        }
        if (!is_news(key)) {
            continue;
        }
        auto finding = new_finding(kind, key);
        finding.summary = reason;
        finding.reasons = judgement.reasons;
        if (is_livelock && livelock) {
            finding.tasks = tasks_of(livelock->cycle);
        }
        begin_record(finding);
        if (kind == Finding::Kind::hang && livelock) {
            look({.first = pids_of(livelock->cycle)}, kLookOnce);
            if (terms_.heal != VigilTerms::Heal::off) {
                finding.heal = HealPolicy(livelock->cycle, {}, spared_, finding.release, lost_, now_ns).refusal();
            }
        }
        end_record(std::move(finding));
    }
}

/// Each thing that is waited for once, until nobody has waited long for it any more.
void Vigil::look_for_long_waits(std::uint64_t now_ns) {
    const auto long_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(terms_.long_wait).count());
    std::set<std::string> still;
    std::vector<OpenWait> fresh;
    std::set<std::int32_t> hanging;
    for (const auto& [pids, closed_ns] : hangs_) {
        hanging.insert(pids.begin(), pids.end());
    }
    open_.each([&](const OpenWait& open) {
        const bool is_long = open.wait.at_ns <= now_ns && now_ns - open.wait.at_ns >= long_ns;
        if (open.doubted || !is_long || open.wait.what.kind == WaitKind::memory || hanging.contains(open.wait.pid) ||
            hanging.contains(open.wait.holder_pid)) {
            return;
        }
        const auto thing = to_string(open.wait.what);
        if (!long_known_.contains(thing) && !still.contains(thing) && fresh.size() < kMostKnown) {
            fresh.push_back(open);
        }
        still.insert(thing);
    });
    long_known_ = still;
    for (const auto& open : fresh) {
        const auto thing = to_string(open.wait.what);
        if (relay_->judge().deadlock()) {
            return;
        }
        auto finding = new_finding(Finding::Kind::long_wait, fmt::format("long wait for {}", thing));
        finding.summary = fmt::format("{}, for {:.0f} s", in_words(open), in_seconds(now_ns - open.wait.at_ns));
        std::vector<std::int32_t> pids{open.wait.pid};
        if (open.wait.holder_pid > 0) {
            pids.push_back(open.wait.holder_pid);
        }
        if (const auto known = freezers_.find(open.wait.what.disk);
            known != freezers_.end() && open.wait.what.kind == WaitKind::queue) {
            for (const auto& [pid, comm] : known->second) {
                if (pids.size() < kTasksOfLongWait) {
                    pids.push_back(pid);
                }
            }
        }
        begin_record(finding);
        finder_.collect({.first = pids}, Deadline::after(kLookOnce), [&](const seen::BlockedTask& task) {
            relay_->take_in(task);
            if (std::ranges::find(pids, task.pid) != pids.end() &&
                std::ranges::find(finding.tasks, task.pid, &Finding::Task::pid) == finding.tasks.end()) {
                finding.tasks.push_back(
                    {task.pid, task.comm, task.pid == open.wait.pid ? thing : std::string(), {}, task.stack});
            }
        });
        if (open_.sleep_of(open.wait.pid) == nullptr) {  // it has just ended
            finding.summary += ", and ended then";
        }
        finding.reasons = relay_->judge().judgement().reasons;
        end_record(std::move(finding));
    }
}

}  // namespace blkhang
