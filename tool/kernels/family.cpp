// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "kernels/members.h"
#include "kernels/queue_use.h"

namespace blkhang {
namespace {

using State = FamilyMember::State;
using Way = FamilyMember::Way;
using Fingerprints = std::map<std::string, std::string>;

/// What the kernel's sources say of something, and why.
struct Told {
    State state;
    std::string why;
};

/// A fingerprint that tells whether something is so.
struct Sign {
    const char* fingerprint;  ///< nullptr: none tells; it is so on every kernel, or (without a reason) nothing is known
    const char* open_when;    ///< the value that leaves it so
    const char* open_why;
    const char* closed_why;
};

/// Members whose trigger allocates memory while it has the queue of the swap disk frozen.
struct FrozenRule {
    const char* name;
    const char* trigger;
    Sign percpu;        ///< per-CPU memory, which takes pcpu_alloc_mutex; by which change, kernels/members.h says
    const char* other;  ///< what else is allocated there, whatever the sign says; nullptr: nothing that is known
    const char* needs;  ///< a build option; nullptr: none beside CONFIG_SWAP
    FamilyMember::SetOff set_off;
};

constexpr const char* kPolicyData =
    "policy data of the cgroups is allocated while the queue is frozen "
    "(blkcg_activate_policy); no kernel has a fix";

const std::vector<FrozenRule>& frozen_rules() {
    static const std::vector<FrozenRule> all{
        {"iocost-activate",
         "the first io.cost.qos of a disk that many cgroups use",
         {nullptr, nullptr, kPolicyData, nullptr},
         nullptr,
         "CONFIG_BLK_CGROUP_IOCOST",
         {.writes = {{"io.cost.qos", {}, true}}}},
        // "deadline" is another name of mq-deadline (block/mq-deadline.c, .elevator_alias).
        {"elv-switch",
         "another IO scheduler for the swap disk",
         {"elevator_tags_early", "no", "the scheduler's tags are allocated while the queue is frozen",
          "tags come before the freeze"},
         "what dd_init_sched() makes for mq-deadline is allocated while the queue is frozen",
         nullptr,
         {.writes = {{"queue/scheduler", {"mq-deadline", "deadline", "kyber", "bfq"}}}}},
        {"elv-kyber",
         "kyber for the swap disk",
         {"elevator_data_early", "no", "the scheduler's data is allocated while the queue is frozen",
          "data comes before the freeze"},
         "what kyber_init_hctx() makes for each hardware queue is allocated while the queue is frozen",
         "CONFIG_MQ_IOSCHED_KYBER",
         {.writes = {{"queue/scheduler", {"kyber"}}}}},
        {"elv-bfq",
         "bfq for the swap disk",
         {nullptr, nullptr, kPolicyData, nullptr},
         nullptr,
         "CONFIG_BFQ_GROUP_IOSCHED",
         {.writes = {{"queue/scheduler", {"bfq"}}}}},
        {"nr-requests",
         "a larger queue/nr_requests",
         {"nr_requests_early", "no", "tags are allocated while the queue is frozen", "tags come before the freeze"},
         nullptr,
         nullptr,
         {.writes = {{"queue/nr_requests", {}}}}},
        {"wbt-enable",
         "the first queue/wbt_lat_usec",
         {"wbt_early", "no", "statistics may be allocated while the queue is frozen",
          "statistics come before the freeze"},
         nullptr,
         "CONFIG_BLK_WBT",
         {.writes = {{"queue/wbt_lat_usec", {}, true}}}},
        {"iocost-enable",
         "the first io.cost.qos of a disk",
         {nullptr, nullptr, kPolicyData, nullptr},
         nullptr,
         "CONFIG_BLK_CGROUP_IOCOST",
         {.writes = {{"io.cost.qos", {}, true}}}},
        {"iomax-first",
         "the first io.max of a disk",
         {"throttle_on_demand", "yes", "the throttle's data may be allocated while the queue is frozen",
          "the throttle was there before the first rule"},
         nullptr,
         "CONFIG_BLK_DEV_THROTTLING",
         {.writes = {{"io.max", {}, true}}}},
        // NVMe at each reset, nbd at each connect; null_blk when it is told to.
        {"hwq-update",
         "another number of hardware queues",
         {nullptr, nullptr, nullptr, nullptr},
         nullptr,
         nullptr,
         {.writes = {{"submit_queues", {}}}, .drivers = {"nvme", "nbd"}}},
    };
    return all;
}

Told told(const Sign& sign, const Fingerprints& fingerprints) {
    if (sign.fingerprint == nullptr) {
        return sign.open_why == nullptr ? Told{State::unknown, "no fingerprint tells; fixed upstream in 7.0"}
                                        : Told{State::possible, sign.open_why};
    }
    const auto found = fingerprints.find(sign.fingerprint);
    if (found == fingerprints.end()) {
        return {State::unknown, fmt::format("nothing is known of {}", sign.fingerprint)};
    }
    return found->second == sign.open_when ? Told{State::possible, sign.open_why}
                                           : Told{State::closed, sign.closed_why};
}

/// Open only where both are: what is closed closes it, whatever is unknown beside it.
Told both(const Told& one, const Told& other) {
    for (const State decisive : {State::closed, State::unknown}) {
        for (const Told* each : {&one, &other}) {
            if (each->state == decisive) {
                return *each;
            }
        }
    }
    return one;
}

Way way(const char* name, Told what) { return {name, what.state, std::move(what.why)}; }

/// The common half of all cycles over the mutex.
Told owner_swaps_out(const Fingerprints& fingerprints) {
    return told({"percpu_backing_noio", "no", "the owner of pcpu_alloc_mutex reclaims and swaps out",
                 "the owner of pcpu_alloc_mutex starts no IO (8725ae13f0ca)"},
                fingerprints);
}

/// Of the ways that decide: each reason once, with all that it is the reason for.
std::string reasons(const FamilyMember& member) {
    std::vector<std::pair<std::string, std::string>> by_reason;
    for (const Way& one : member.ways) {
        if (one.state != member.state) {
            continue;
        }
        const auto known = std::ranges::find(by_reason, one.why, [](const auto& each) { return each.first; });
        if (known == by_reason.end()) {
            by_reason.emplace_back(one.why, one.name);
        } else {
            known->second += fmt::format(", {}", one.name);
        }
    }
    std::vector<std::string> parts;
    parts.reserve(by_reason.size());
    for (const auto& [why, ways] : by_reason) {
        parts.push_back(fmt::format("{}: {}", ways, why));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

FamilyMember member(std::string name, std::string trigger, std::vector<Way> ways) {
    FamilyMember result{std::move(name), std::move(trigger), std::move(ways), State::closed, {}};
    const auto any = [&](State state) {
        return std::ranges::any_of(result.ways, [&](const Way& one) { return one.state == state; });
    };
    result.state = any(State::possible) ? State::possible : any(State::unknown) ? State::unknown : State::closed;
    result.why = reasons(result);
    return result;
}

constexpr const char* kLockCycle = "lock cycle over pcpu_alloc_mutex";

FamilyMember judged(const FrozenRule& rule, const Fingerprints& fingerprints) {
    Told percpu = told(rule.percpu, fingerprints);
    const auto* const known = find_member(rule.name);
    if (const auto fix = known != nullptr ? fix_of(*known) : ""; percpu.state == State::closed && !fix.empty()) {
        percpu.why += fmt::format(" ({})", fix);
    }
    const Told any = rule.other != nullptr ? Told{State::possible, rule.other} : percpu;
    const Told may_swap = told({"freeze_noio", "no", "whoever has a queue frozen may swap out to it",
                                "whoever has a queue frozen starts no IO (1e1a9cecfab3)"},
                               fingerprints);
    // No type tells of the change after which a limit's writer has not entered the queue (kernels/queue_use.h); one
    // that mainline made after it does.
    const auto fixed = fmt::format("who writes a limit has not entered the queue ({})", kQueueUseFix);
    Told conf = told({"elevator_data_early", "no", "", fixed.c_str()}, fingerprints);
    if (conf.state == State::possible) {
        conf = {State::unknown,
                fmt::format("whether who writes a limit allocates with the queue entered (until {}) is not known",
                            kQueueUseFix)};
    }
    FamilyMember result =
        member(rule.name, rule.trigger,
               {way(kLockCycle, both(percpu, owner_swaps_out(fingerprints))),
                way("the freezer waits for its own queue", both(any, may_swap)),
                // Who loops for memory with the queue frozen keeps all others from freeing any, whatever locks it has.
                way("livelock over memory", any),
                way("the freezer waits for a limit's writer, who waits for pcpu_alloc_mutex",
                    both(conf, owner_swaps_out(fingerprints)))});
    result.set_off = rule.set_off;
    if (rule.needs != nullptr) {
        result.needs.emplace_back(rule.needs);
    }
    return result;
}

std::string in_words(const MeasuredHangs& measured) {
    const bool hung = measured.hangs > 0;
    return fmt::format("measured: {} of {} boots {} on {}", hung ? measured.hangs : measured.hazards, measured.boots,
                       hung ? "hung" : "showed the cycle of locks", measured.version);
}

/// What was not built in does not happen.
void close_without_options(FamilyMember& one, const std::map<std::string, std::string>& config) {
    for (const std::string& option : one.needs) {
        if (const auto found = config.find(option); found != config.end() && found->second == "n") {
            one.state = State::closed;
            one.why = fmt::format("this kernel was built without {}", option);
            for (Way& each : one.ways) {
                each.state = State::closed;
                each.why = one.why;
            }
            return;
        }
    }
}

/// What happened is possible.
void override_by(const MeasuredHangs& measured, std::vector<FamilyMember>& family) {
    if (measured.hangs + measured.hazards == 0) {
        return;
    }
    const auto known = std::ranges::find(family, measured.profile, &FamilyMember::name);
    FamilyMember& one =
        known != family.end()
            ? *known
            : family.emplace_back(FamilyMember{measured.profile, "its own load", {}, State::unknown, ""});
    const bool inferred = one.state == State::possible;
    one.state = State::possible;
    one.why = inferred ? fmt::format("{}; {}", in_words(measured), one.why) : in_words(measured);
}

}  // namespace

std::string_view to_string(FamilyMember::State state) {
    switch (state) {
        case State::possible:
            return "possible";
        case State::closed:
            return "closed";
        case State::unknown:
            break;
    }
    return "unknown";
}

std::vector<FamilyMember> family_of(const Fingerprints& fingerprints, const std::vector<MeasuredHangs>& measured,
                                    const std::map<std::string, std::string>& config) {
    const Told swaps_out = owner_swaps_out(fingerprints);
    std::vector<FamilyMember> family;
    family.push_back(
        member("percpu-reclaim", "any per-CPU allocation while memory is short", {way("the common half", swaps_out)}));
    family.back().hangs = false;
    // Whoever holds rq_qos_mutex or blkcg_mutex reclaims and swaps out to a queue whose freezer waits for that mutex.
    family.push_back(member("rqqos-abba", "io.max against io.cost.qos, wbt_lat_usec or bfq",
                            {way("lock cycle without per-CPU memory",
                                 told({"throttle_on_demand", "yes",
                                       "rules are set under a mutex that is also taken while the queue is frozen",
                                       "memory comes before the mutex"},
                                      fingerprints))}));
    family.back().set_off = {
        .writes = {{"io.max", {}}},
        .against = {{"io.cost.qos", {}}, {"queue/wbt_lat_usec", {}}, {"queue/scheduler", {"bfq"}}}};
    family.back().needs = {"CONFIG_BLK_DEV_THROTTLING"};
    for (const FrozenRule& rule : frozen_rules()) {
        family.push_back(judged(rule, fingerprints));
    }
    family.push_back(member("noio-percpu", "a per-CPU allocation that may start no IO",
                            {way(kLockCycle, both(told({"noio_percpu_takes_mutex", "yes",
                                                        "such allocations wait for pcpu_alloc_mutex (9a5b183941b5)",
                                                        "such allocations do not touch pcpu_alloc_mutex"},
                                                       fingerprints),
                                                  swaps_out))}));
    family.back().hangs = false;
    family.push_back(member(
        "uspace-blk", "swap on a disk that a user program serves",
        {way(kLockCycle,
             both({State::possible, "the program may need per-CPU memory before it can answer"}, swaps_out)),
         way("stall", {State::unknown, "tries stood still on 7.3, too; whose answer a disk waits for is not seen"})}));
    family.back().set_off.drivers = {"nbd", "ublk"};
    for (FamilyMember& one : family) {
        one.needs.emplace_back("CONFIG_SWAP");
        close_without_options(one, config);
    }
    for (const MeasuredHangs& one : measured) {
        override_by(one, family);
    }
    return family;
}

}  // namespace blkhang
