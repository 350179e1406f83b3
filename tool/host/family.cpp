// SPDX-License-Identifier: GPL-2.0-only
#include "host/family.h"

#include <fmt/format.h>

namespace blkhang {
namespace {

using State = FamilyMember::State;
using Fingerprints = std::map<std::string, std::string>;

/// A member of the family: whoever waits for pcpu_alloc_mutex there keeps its owner, who reclaims, from swapping out.
struct Rule {
    const char* name;
    const char* trigger;
    const char* fingerprint;  ///< nullptr: none tells
    const char* open_when;    ///< its value that leaves the member open
    const char* open_why;
    const char* closed_why;
};

constexpr Rule kRules[] = {
    {"elv-switch", "another IO scheduler for the swap disk", "elevator_tags_early", "no",
     "the scheduler's tags are allocated while the queue is frozen", "tags come before the freeze (f5a6604f7a44)"},
    {"elv-kyber", "kyber for the swap disk", "elevator_data_early", "no",
     "the scheduler's data is allocated while the queue is frozen", "data comes before the freeze (d4c3ef56a161)"},
    {"elv-bfq", "bfq for the swap disk", nullptr, nullptr,
     "policy data of the cgroups may be allocated while the queue is frozen; no kernel has a fix", nullptr},
    {"nr-requests", "a larger queue/nr_requests", "nr_requests_early", "no",
     "tags are allocated while the queue is frozen", "tags come before the freeze (626ff4f8ebcb)"},
    {"wbt-enable", "the first queue/wbt_lat_usec", "wbt_early", "no",
     "statistics may be allocated while the queue is frozen", "statistics come before the freeze (41afaeeda509)"},
    {"iocost-enable", "the first io.cost.qos of a disk", "iocost_frozen", "yes",
     "its data is allocated while the queue is frozen", "its data comes before the freeze"},
    {"iomax-first", "the first io.max of a disk", "throttle_on_demand", "yes",
     "the throttle's data may be allocated while the queue is frozen", "the throttle was there before the first rule"},
    {"hwq-update", "another number of hardware queues", nullptr, nullptr, nullptr, nullptr},
    {"noio-percpu", "a per-CPU allocation that may start no IO", "noio_percpu_takes_mutex", "yes",
     "such allocations wait for pcpu_alloc_mutex (9a5b183941b5)", "such allocations do not touch pcpu_alloc_mutex"},
    {"uspace-blk", "swap on a disk that a user program serves", nullptr, nullptr,
     "the program may need per-CPU memory before it can answer", nullptr},
};

/// Cousins that need no per-CPU allocation.
constexpr Rule kWithoutPercpu[] = {
    // Whoever holds rq_qos_mutex or blkcg_mutex reclaims and swaps out to a queue whose freezer waits for that mutex.
    {"rqqos-abba", "io.max against io.cost.qos, wbt_lat_usec or bfq", "throttle_on_demand", "yes",
     "rules are set under a mutex that is also taken while the queue is frozen", "memory comes before the mutex"},
    // Whoever froze the queue swaps out to it.
    {"iocost-activate", "the first io.cost.qos of a disk that many cgroups use", "freeze_noio", "no",
     "policy data of the cgroups may be allocated while the queue is frozen, and IO be started for it",
     "whoever freezes a queue starts no IO (1e1a9cecfab3)"},
};

std::string value_of(const Fingerprints& fingerprints, const char* name) {
    const auto found = fingerprints.find(name);
    return found == fingerprints.end() ? "" : found->second;
}

FamilyMember judged(const Rule& rule, const Fingerprints& fingerprints) {
    const auto member = [&](State state, std::string why) {
        return FamilyMember{rule.name, rule.trigger, state, std::move(why)};
    };
    if (rule.fingerprint == nullptr) {
        return rule.open_why == nullptr ? member(State::unknown, "no fingerprint tells; fixed upstream in 7.0")
                                        : member(State::possible, rule.open_why);
    }
    const std::string value = value_of(fingerprints, rule.fingerprint);
    if (value.empty()) {
        return member(State::unknown, fmt::format("nothing is known of {}", rule.fingerprint));
    }
    return value == rule.open_when ? member(State::possible, rule.open_why) : member(State::closed, rule.closed_why);
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

std::vector<FamilyMember> family_of(const Fingerprints& fingerprints) {
    const std::string backing_noio = value_of(fingerprints, "percpu_backing_noio");
    std::vector<FamilyMember> family;
    // The common half. Without it none of the others can lock up.
    const auto swap_out = backing_noio == "yes"  ? State::closed
                          : backing_noio == "no" ? State::possible
                                                 : State::unknown;
    const std::string why = swap_out == State::closed     ? "the owner starts no IO (8725ae13f0ca)"
                            : swap_out == State::possible ? "the owner of pcpu_alloc_mutex reclaims and swaps out"
                                                          : "nothing is known of percpu_backing_noio";
    family.push_back({"percpu-reclaim", "any per-CPU allocation while memory is short", swap_out, why});
    for (const Rule& rule : kWithoutPercpu) {
        family.push_back(judged(rule, fingerprints));
    }
    for (const Rule& rule : kRules) {
        family.push_back(swap_out == State::closed
                             ? FamilyMember{rule.name, rule.trigger, State::closed, "percpu-reclaim is closed"}
                             : judged(rule, fingerprints));
    }
    return family;
}

}  // namespace blkhang
