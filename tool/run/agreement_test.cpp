// SPDX-License-Identifier: GPL-2.0-only
// Thousands of simulated machines, watched with and without losses: the judge in the machine and the one outside come
// to the same verdict, which never says more than is true, and every deadlock that stands is proven.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "judge/testing/builders.h"
#include "record/builder.h"
#include "record/stream.h"
#include "run/relay.h"
#include "run/testing/simulated_machine.h"

namespace blkhang {
namespace {

using simulated::Losses;
using simulated::Machine;
using simulated::Settings;

struct Outcome {
    Verdict inside, outside;
    std::vector<std::string> inside_reasons, outside_reasons;
    std::uint64_t lost;
    std::optional<std::uint64_t> hung_for, starved_for;  ///< in truth, at the end
    bool ever_starved, deadlock_was_broken;
    bool nests_in_a_circle, waited_in_a_circle;
    std::uint64_t longest_starved_ns;
    bool proof_trusts_latest_owner;  ///< it names no other owner of pcpu_alloc_mutex than the latest evidence does
};

/// A run as the supervisor makes one, with the outside at the other end of the line.
class SimulatedRun {
public:
    explicit SimulatedRun(const Settings& settings)
        : settings_(settings),
          random_(settings.seed + 1),
          dies_at_proof_(settings.seed / 32 % 4 == 1 && settings.losses <= Losses::ring_full),
          builder_({"sim", demands(), "", "", "", "", {}}),
          relay_(Judge(demands()), 200 * simulated::kMs,
                 [this](const Observation& observation) { outside(observation); }),
          machine_(settings, [this](const std::string& line) { relay_.take_in(decode(line).value()); }) {
        seen::Hello hello{};
        hello.at_ns = machine_.now();
        hello.fingerprints = {{std::string(kNoioTakesMutex), "yes"}};
        for (const Observation& first :
             std::vector<Observation>{hello, build::watched(), seen::Phase{machine_.now(), "load"}}) {
            relay_.take_in(first);
        }
    }

    Outcome finish() {
        const std::uint64_t end = machine_.now() + settings_.length_ns;
        while (machine_.now() < end && !proven_) {
            advance(1 + random_() % 60);
        }
        if (proven_ && dies_at_proof_) {
            dead_ = true;
        } else if (proven_) {  // what is seen meanwhile counts, too; nobody is killed
            for (int look = 0; look < 2; ++look) {
                machine_.look();
                advance(300);
            }
        } else if (machine_.lost() > 0) {
            machine_.look();
            conclude();
        }
        known_lost_ = machine_.lost();
        relay_.report(counters(), machine_.now());
        relay_.send_rest();
        outside(seen::End{machine_.now(), 0});
        const auto record = builder_.finish({dead_ ? Ended::lost : Ended::orderly, "", "tcg"});
        const auto inside = relay_.judge().judgement();
        const auto since = [&](const std::optional<std::uint64_t>& ns) {
            return ns ? std::optional(machine_.now() - *ns) : std::nullopt;
        };
        return {inside.verdict,
                record.verdict.value,
                inside.reasons,
                record.verdict.reasons,
                machine_.lost(),
                since(machine_.hung_since()),
                since(machine_.starved_since()),
                machine_.ever_starved(),
                machine_.deadlock_was_broken(),
                machine_.nests_in_a_circle(),
                machine_.waited_in_a_circle(),
                machine_.longest_starved_ns(),
                proof_trusts_latest_owner_};
    }

private:
    static Demands demands() { return {{}, 20 * simulated::kMs, "trials"}; }

    void outside(const Observation& observation) {
        if (!dead_) {
            builder_.observe(decode(encode(observation)).value());
        }
    }

    seen::Counters counters() const {
        return {machine_.now(), {}, {{"trials", 100}}, {{"ios", machine_.now() / simulated::kMs}}, known_lost_};
    }

    void advance(std::uint64_t ms) {
        const auto now = machine_.now() + ms * simulated::kMs;
        machine_.run_until(now);
        // That calls were skipped is asked for from time to time only.
        const bool asks = settings_.losses != Losses::skipped || !settings_.short_of_memory || now >= next_question_;
        if (asks && machine_.lost() > known_lost_) {
            next_question_ = now + 6 * simulated::kS;
            known_lost_ = machine_.lost();
            relay_.take_in(counters());
            if (settings_.losses != Losses::untold) {
                machine_.retell();
            }
        }
        if (settings_.losses == Losses::untold && known_lost_ > 0 && now >= next_look_) {
            machine_.look();
            next_look_ = now + 2 * simulated::kS;
        }
        conclude();
        if (now >= next_report_) {
            next_report_ = now + 500 * simulated::kMs;
            relay_.report(counters(), now);
        }
    }

    void conclude() {
        const auto now = machine_.now();
        relay_.time_is(now);
        if (const auto deadlock = relay_.judge().deadlock(); deadlock && !proven_) {
            proven_ = true;
            proof_trusts_latest_owner_ = std::ranges::all_of(deadlock->tasks, [&](const DeadlockTask& task) {
                return std::ranges::none_of(task.holds, &Awaited::is_percpu_mutex) ||
                       task.pid == machine_.owner_as_told();
            });
            outside(relay_.proof_of(*deadlock, now));
            if (!dies_at_proof_) {
                relay_.send_rest();
            }
        }
    }

    Settings settings_;
    std::mt19937_64 random_;
    bool dies_at_proof_;  ///< and all that was to be sent after it with the machine; a proof that needs no second look
    RecordBuilder builder_;
    Relay relay_;
    Machine machine_;
    bool proven_ = false, dead_ = false, proof_trusts_latest_owner_ = true;
    std::uint64_t known_lost_ = 0, next_report_ = 0, next_look_ = 0, next_question_ = 0;
};

Settings machine_for(std::uint64_t seed) {
    Settings settings;
    settings.seed = seed;
    settings.losses = static_cast<Losses>(seed / 2 % 5 * (seed % 2));  // every second one without
    settings.loss_percent = seed / 16 % 2 == 0 ? 2 : settings.losses == Losses::uncounted ? 40 : 15;
    settings.percpu_starts_io = seed / 8 % 3 != 0;
    settings.freezer_starts_io = seed / 8 % 4 == 1;
    settings.freezes = seed / 8 % 7 != 0;
    settings.short_of_memory = seed / 8 % 5 == 0;
    settings.own_wait = seed / 8 % 6 == 5;
    settings.killed_meanwhile = seed / 8 % 12 == 5;
    settings.kills = seed / 8 % 3 == 1;
    settings.exits = seed / 32 % 3 == 2;
    // Some livelocks last for longer than a minute, some are cut short by the end of the run.
    const std::uint64_t seconds = !settings.short_of_memory ? 12 : seed % 8 < 4 ? 80 : 40;
    settings.length_ns = seconds * simulated::kS;
    return settings;
}

/// What has to be so of every stream; empty if it is.
std::string wrong(const Settings& settings, const Outcome& outcome) {
    constexpr auto kTimeToProve = 1500 * simulated::kMs;
    const bool hung = outcome.hung_for.has_value();
    const std::uint64_t starved_ns = outcome.starved_for.value_or(0);
    if (outcome.inside != outcome.outside) {
        return "the judges do not agree";
    }
    // That a deadlock which stood was broken by somebody may have been lost.
    const bool was_hung = outcome.deadlock_was_broken && (outcome.lost > 0 || settings.losses == Losses::uncounted);
    if (outcome.inside == Verdict::hang && !hung && !was_hung && outcome.longest_starved_ns < 59 * simulated::kS) {
        return "false hang";
    }
    if (outcome.inside == Verdict::clean && (hung || outcome.lost > 0 || starved_ns > 6 * simulated::kS)) {
        return "false clean";
    }
    if (outcome.inside == Verdict::clean && outcome.waited_in_a_circle) {
        return "clean, though tasks waited for their locks in orders that close a circle";
    }
    // Its own mutex stops a task even if only for microseconds; orders of locks that close a circle need not have.
    if (outcome.inside == Verdict::hazard && !outcome.ever_starved && !settings.own_wait &&
        !outcome.nests_in_a_circle) {
        return "false hazard";
    }
    if (!outcome.proof_trusts_latest_owner) {
        return "a proof names an owner of pcpu_alloc_mutex that later evidence contradicts";
    }
    // Where losses are known, what they make doubtful proves nothing in the first place.
    const bool seemed = std::ranges::any_of(
        outcome.inside_reasons, [](const auto& reason) { return reason.find("it seemed that") != std::string::npos; });
    if (seemed && settings.losses < Losses::skipped && !settings.kills) {
        return "a proof had to be taken back";
    }
    const bool can_be_told = settings.losses == Losses::none || settings.losses == Losses::ring_full;
    if (outcome.inside != Verdict::hang && hung && *outcome.hung_for > kTimeToProve && can_be_told) {
        return "a deadlock that stands was not proven";
    }
    if (outcome.inside != Verdict::hang && starved_ns > 62 * simulated::kS && settings.losses == Losses::none) {
        return "a livelock of a minute was not called a hang";
    }
    return {};
}

TEST(Agreement, OfBothJudgesWithTheTruth) {
    const char* asked = std::getenv("BLKHANG_STREAMS");
#ifdef BLKHANG_SANITIZED  // ten times slower, and looking for something else
    const std::uint64_t usual = 500;
#else
    const std::uint64_t usual = 10'000;
#endif
    const std::uint64_t streams = asked != nullptr ? std::strtoull(asked, nullptr, 10) : usual;
    std::map<std::pair<int, Verdict>, int> verdicts;
    std::map<std::string, int> failures;
    for (std::uint64_t seed = 0; seed < streams; ++seed) {
        const auto settings = machine_for(seed);
        const auto outcome = SimulatedRun(settings).finish();
        ++verdicts[{static_cast<int>(settings.losses), outcome.inside}];
        if (const auto what = wrong(settings, outcome); !what.empty() && ++failures[what] <= 3) {
            ADD_FAILURE() << "seed " << seed << ": " << what << "; inside " << to_string(outcome.inside) << " "
                          << testing::PrintToString(outcome.inside_reasons) << ", outside "
                          << to_string(outcome.outside) << " " << testing::PrintToString(outcome.outside_reasons)
                          << ", hung for " << outcome.hung_for.value_or(0) / simulated::kMs << " ms, starved for "
                          << outcome.starved_for.value_or(0) / simulated::kMs << " ms, lost " << outcome.lost
                          << ", losses " << static_cast<int>(settings.losses);
        }
    }
    for (const auto& [what, times] : failures) {
        ADD_FAILURE() << what << ": " << times << " of " << streams;
    }
    for (const auto& [key, times] : verdicts) {
        std::cout << "losses " << key.first << " " << to_string(key.second) << " " << times << "\n";
    }
    if (streams >= 1000) {  // it would mean little if the machines did not differ
        EXPECT_GT((verdicts[{0, Verdict::hang}]), static_cast<int>(streams / 20));
        EXPECT_GT((verdicts[{0, Verdict::clean}]), static_cast<int>(streams / 20));
        EXPECT_GT((verdicts[{0, Verdict::hazard}]), 0);
        EXPECT_GT((verdicts[{1, Verdict::hang}]), static_cast<int>(streams / 50));
    }
}

}  // namespace
}  // namespace blkhang
